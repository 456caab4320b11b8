import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../src/errors.ts';
import { createRandom, createSampler } from '../src/random.ts';

const test = suite('random');
const draws = 400_000;

function sums(next: () => number, count = draws) {
  const powers = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const x = next();
    for (let k = 0, power = x; k < 4; k++, power *= x) powers[k] += power;
  }
  return powers.map((sum) => sum / count);
}

const near = (actual: number, expected: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual} is not ${expected} +- ${tolerance}`);

test('the stream of a seed never changes', () => {
  const random = createRandom(42);
  assert.equal([random.uniform(), random.uniform()], [0.7260429739856847, 0.21960794945378292]);
  assert.equal([random.below(1000), random.below(1000), random.below(1000)], [939, 871, 811]);
  assert.equal(
    [random.normal(), random.normal(), random.normal()],
    [-1.403694748878479, -0.13438376784324646, -1.926324725151062],
  );
});

test('filling in gives what as many calls give, and leaves the rest alone', () => {
  const [one, many] = [createRandom(42), createRandom(42)];
  const filled = new Float32Array(200_000).fill(7);
  many.fillNormal(filled, 5, filled.length, 0.3);
  assert.equal([...filled.subarray(0, 5)], [7, 7, 7, 7, 7]);
  assert.ok(filled.every((value, i) => i < 5 || value === Math.fround(0.3 * one.normal())));
  many.fillNormal(filled, 9, 9, 1);
  assert.is(many.normal(), one.normal());
});

test('uniform numbers fill [0, 1) evenly', () => {
  const { uniform } = createRandom(1);
  const bins = new Float64Array(64);
  const [mean, square] = sums(() => {
    const u = uniform();
    assert.ok(u >= 0 && u < 1);
    bins[Math.floor(u * 64)]++;
    return u;
  });
  near(mean, 1 / 2, 0.002, 'mean');
  near(square, 1 / 3, 0.002, 'mean square');
  const expected = draws / 64;
  const chiSquare = bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  assert.ok(chiSquare < 120, `chi-square ${chiSquare} of 63 degrees of freedom`);
});

test('below(n) gives every number below n and no other', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 2 ** 53 - 1 }), (seed, n) => {
      const k = createRandom(seed).below(n);
      return Number.isInteger(k) && k >= 0 && k < n;
    }),
  );
  const { below } = createRandom(3);
  const counts = new Array(7).fill(0);
  for (let i = 0; i < 70_000; i++) counts[below(7)]++;
  for (const count of counts) near(count, 10_000, 500, 'count');
});

test('normal numbers have the moments, the share within one sigma, and the tail of N(0, 1), in 32 bits', () => {
  const { normal } = createRandom(5);
  let inside = 0;
  let beyond = 0;
  const [mean, square, cube, fourth] = sums(() => {
    const x = normal();
    if (x !== Math.fround(x)) throw new Error(`${x} needs more than 32 bits`);
    if (Math.abs(x) < 1) inside++;
    if (Math.abs(x) > 3.5) beyond++;
    return x;
  });
  near(mean, 0, 0.007, 'mean');
  near(square, 1, 0.01, 'variance');
  near(cube, 0, 0.03, 'skewness');
  near(fourth, 3, 0.07, 'kurtosis');
  near(inside / draws, 0.682689, 0.004, 'share within one sigma');
  near(beyond, 186, 60, 'numbers beyond 3.5 sigma');
});

test('neighbors in a stream, and streams of neighboring seeds, are unrelated', () => {
  const correlation = (a: () => number, b: () => number) => sums(() => a() * b(), 100_000)[0];
  for (const [one, other] of [
    [0, 1],
    [1, 2],
    [7, 7 + 2 ** 32],
    [2 ** 53 - 2, 2 ** 53 - 1],
  ]) {
    near(correlation(createRandom(one).normal, createRandom(other).normal), 0, 0.015, `seeds ${one} and ${other}`);
  }
  const { normal } = createRandom(11);
  near(correlation(normal, normal), 0, 0.015, 'neighbors');
  const firsts = new Set(Array.from({ length: 10_000 }, (_, seed) => createRandom(seed).uniform()));
  assert.is(firsts.size, 10_000);
});

test('a sampler draws in proportion to the weights, and never an index of weight 0', () => {
  const weights = [5, 0, 1, 3, 1];
  const draw = createSampler(weights, createRandom(9));
  const counts = weights.map(() => 0);
  for (let i = 0; i < 100_000; i++) counts[draw()]++;
  for (const [i, weight] of weights.entries()) near(counts[i], weight * 10_000, weight === 0 ? 0 : 500, `weight ${i}`);
});

test('a seed that is not a whole number is refused', () => {
  for (const seed of [-1, 1.5, Number.NaN, 2 ** 53, Infinity]) {
    assert.throws(
      () => createRandom(seed),
      (error: unknown) => error instanceof EndcapError && error.code === 'invalid_options',
    );
  }
});

test.run();
