import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { linearScale, partScale, timeScale } from '../../src/page/scales.ts';

const test = suite('scales');

test('values have places in proportion, whichever way the axis goes', () => {
  const up = linearScale([2, 4], [100, 300]);
  assert.equal([2, 2.5, 4, 5].map(up), [100, 150, 300, 400]);
  assert.equal([2, 3, 4].map(linearScale([2, 4], [300, 100])), [300, 200, 100]);
});

test('ticks are round, and within the ends', () => {
  assert.equal(linearScale([0.3, 9.7], [0, 1]).ticks(5), [2, 4, 6, 8]);
  assert.equal(linearScale([0, 0.05], [0, 1]).ticks(5), [0, 0.01, 0.02, 0.03, 0.04, 0.05]);
});

test('ends are widened to round values if that is asked for', () => {
  const scale = linearScale([0.3, 9.7], [0, 100], 5);
  assert.equal([0, 10].map(scale), [0, 100]);
  assert.equal(scale.ticks(5), [0, 2, 4, 6, 8, 10]);
});

test('times are marked at round dates of UTC', () => {
  const scale = timeScale([Date.UTC(2026, 0, 20), Date.UTC(2026, 6, 2)], [0, 163]);
  const ticks = scale.ticks(6);
  assert.equal(
    ticks.map((tick) => new Date(tick).toISOString().slice(0, 10)),
    ['2026-02-01', '2026-03-01', '2026-04-01', '2026-05-01', '2026-06-01', '2026-07-01'],
  );
  assert.is(Math.round(scale(ticks[0])), 12);
});

test('parts have the middles of equal shares', () => {
  const { at, step } = partScale(4, [0, 80]);
  assert.is(step, 20);
  assert.equal([0, 1, 2, 3].map(at), [10, 30, 50, 70]);
  assert.is(partScale(0, [0, 80]).step, 80);
});

test.run();
