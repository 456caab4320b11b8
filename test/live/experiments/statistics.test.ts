import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  chiSquareTail,
  customersFor,
  detectable,
  mismatchOf,
  reachOf,
  shareError,
} from '../../../src/live/experiments/statistics.ts';

const test = suite('statistics of experiments');
const near = (value: number, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(value - expected) <= tolerance * Math.abs(expected), `${value} is not ${expected}`);

test('the tail of chi-square is that of the tables', () => {
  for (const [x, freedom, expected] of [
    [3.841458820694124, 1, 0.05],
    [10.827566170662733, 1, 0.001],
    [0.454936423119572, 1, 0.5],
    [5.991464547107979, 2, 0.05],
    [13.815510557964274, 2, 0.001],
    [7.814727903251179, 3, 0.05],
    [16.26623619623813, 3, 0.001],
    [9.487729036781154, 4, 0.05],
    [16.918977604620448, 9, 0.05],
    [27.877164871256568, 9, 0.001],
  ])
    near(chiSquareTail(x, freedom), expected);
  for (const freedom of [1, 2, 5]) assert.is(chiSquareTail(0, freedom), 1);
  assert.ok(chiSquareTail(1e4, 3) < 1e-300);
});

test('a split is as unlikely as Pearson says, also by shares that are no percentages', () => {
  // (10 / 50)^2 * 50 * 2 = 4: two-sided 2 standard deviations.
  near(mismatchOf([60, 40], [50, 50]), 0.04550026389635842);
  near(mismatchOf([60, 40], [1, 1]), 0.04550026389635842);
  assert.is(mismatchOf([90, 10], [90, 10]), 1);
  assert.is(mismatchOf([0, 0], [50, 50]), 1);
  assert.ok(mismatchOf([5300, 4700], [50, 50]) < 1e-8);
});

test('the error of a share is not 0 for nobody', () => {
  assert.ok(shareError({ y: 0, customers: 100 }) > 0.009);
});

test('the reach is that of the equation, above the one of a single look, and grows slowly', () => {
  const rho = (-2 * Math.log(0.05) + Math.log(-2 * Math.log(0.05)) + 1) / 5000;
  for (const n of [200, 5000, 1e6])
    near(reachOf(n, 0.05), Math.sqrt(((2 * (n * rho + 1)) / (n * rho)) * Math.log(Math.sqrt(n * rho + 1) / 0.05)));
  for (const [n, most] of [
    [500, 4.2],
    [5000, 3.1],
    [1e5, 3.6],
    [1e6, 3.9],
  ])
    assert.ok(reachOf(n, 0.05) > 2.9 && reachOf(n, 0.05) < most, `${n}: ${reachOf(n, 0.05)}`);
  assert.ok(reachOf(1000, 0.01) > reachOf(1000, 0.05));
});

test('what can be found with the customers that it takes is what was asked for', () => {
  for (const difference of [0.001, 0.01, 0.1]) {
    const customers = customersFor(difference, 0.004, 3000, 0.05);
    near(detectable(0.004 * Math.sqrt(3000 / customers), customers, 0.05), difference, 5e-3);
  }
});

test.run();
