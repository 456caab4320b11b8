import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bucketBytes, createBuckets } from '../../../src/server/access/buckets.ts';

const test = suite('buckets');

test('a caller may send a burst, then as many as flow back, whatever others do', () => {
  const buckets = createBuckets(10, 3);
  for (let i = 0; i < 3; i++) assert.is(buckets.take('a', 0), 0);
  assert.is(buckets.take('a', 0), 100);
  assert.is(buckets.take('b', 0), 0);
  assert.is(buckets.take('a', 50), 50);
  assert.is(buckets.take('a', 100), 0);
  assert.ok(buckets.take('a', 100) > 0);
  for (let i = 0; i < 3; i++) assert.is(buckets.take('a', 10_000), 0);
  assert.ok(buckets.take('a', 10_000) > 0);
});

test('in any time, no more than the burst and the rate', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 })), (waits) => {
      const buckets = createBuckets(5, 2);
      let [now, taken] = [0, 0];
      for (const wait of waits) {
        now += wait;
        if (buckets.take('a', now) === 0) taken++;
      }
      assert.ok(taken <= 2 + (5 * now) / 1000);
    }),
  );
});

test('a flood of other callers does not give back what a caller has used up', () => {
  const buckets = createBuckets(1, 3);
  for (let i = 0; i < 3; i++) assert.is(buckets.take('busy', 0), 0);
  for (let i = 0; i < 25_000; i++) {
    buckets.take(`${i}`, 0);
    assert.ok(buckets.take('busy', 0) > 0);
  }
});

test('two threads that share the memory count together', () => {
  const memory = new SharedArrayBuffer(bucketBytes);
  const [one, other] = [createBuckets(10, 3, memory), createBuckets(10, 3, memory)];
  assert.is(one.take('a', 0), 0);
  assert.is(other.take('a', 0), 0);
  assert.is(one.take('a', 0), 0);
  assert.is(other.take('a', 0), 100);
  assert.is(one.take('b', 0), 0);
});

test.run();
