import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { metricsOf } from '../../src/measuring/metrics.ts';

const test = suite('metrics');
const close = (actual: number, expected: number, about = '') =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${about} ${actual} is not ${expected}`);

test('a list with hits at places 2 and 4 of 5, for three targets, computed by hand', () => {
  const { recall, ndcg, hitRate, precision, mrr, map } = metricsOf([0, 1, 0, 1, 0], 5, 3);
  close(recall, 2 / 3);
  close(ndcg, (1 / Math.log2(3) + 1 / Math.log2(5)) / (1 + 1 / Math.log2(3) + 1 / 2));
  close(hitRate, 1);
  close(precision, 2 / 5);
  close(mrr, 1 / 2);
  close(map, (1 / 2 + 2 / 4) / 3);
});

test('ignores places past k', () => {
  assert.equal(metricsOf([0, 0, 1], 2, 1), { recall: 0, ndcg: 0, hitRate: 0, precision: 0, mrr: 0, map: 0 });
});

test('a list that holds only targets is perfect even if there are more targets than places', () => {
  const { recall, ...others } = metricsOf([1, 1], 2, 8);
  assert.is(recall, 1 / 4);
  assert.equal(others, { ndcg: 1, hitRate: 1, precision: 1, mrr: 1, map: 1 });
});

test('a list shorter than k can be perfect in everything but precision', () => {
  const { precision, ...others } = metricsOf([1], 4, 1);
  assert.is(precision, 1 / 4);
  assert.equal(others, { recall: 1, ndcg: 1, hitRate: 1, mrr: 1, map: 1 });
});

test('an empty list scores nothing', () => {
  assert.equal(metricsOf([], 10, 2), { recall: 0, ndcg: 0, hitRate: 0, precision: 0, mrr: 0, map: 0 });
});

/** The textbook definitions, over sets. */
function reference(list: number[], targets: Set<number>, k: number) {
  const top = list.slice(0, k);
  const hits = top.filter((product) => targets.has(product));
  const gain = (place: number) => Math.log(2) / Math.log(place + 1);
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  const places = hits.map((product) => top.indexOf(product) + 1);
  const ideal = Array.from({ length: Math.min(k, targets.size) }, (_, i) => i + 1);
  return {
    recall: hits.length / targets.size,
    ndcg: sum(places.map(gain)) / sum(ideal.map(gain)),
    hitRate: Math.sign(hits.length),
    precision: hits.length / k,
    mrr: places.length > 0 ? 1 / places[0] : 0,
    map: sum(places.map((place) => top.slice(0, place).filter((p) => targets.has(p)).length / place)) / ideal.length,
  };
}

test('agrees with the definitions for any list, any targets, and any k', () => {
  const product = fc.nat(30);
  fc.assert(
    fc.property(
      fc.uniqueArray(product),
      fc.uniqueArray(product, { minLength: 1 }),
      fc.integer({ min: 1, max: 40 }),
      (list, targets, k) => {
        const wanted = new Set(targets);
        const isHit = list.map((p) => wanted.has(p));
        const expected = reference(list, wanted, k);
        for (const [metric, value] of Object.entries(metricsOf(isHit, k, wanted.size))) {
          close(value, expected[metric as keyof typeof expected], metric);
          assert.ok(value >= 0 && value <= 1 + 1e-12);
        }
      },
    ),
  );
});

test.run();
