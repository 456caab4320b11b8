import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRandom } from '../../../src/random.ts';
import { createBest } from '../../../src/server/page/best.ts';

const test = suite('the best of what is offered');

test('the best are kept, in order; what ties is in the order in which it came', () => {
  const random = createRandom(1);
  for (const limit of [1, 3, 10, 200]) {
    const best = createBest<{ value: number; i: number }>(limit, (one, other) => one.value > other.value);
    const offered = Array.from({ length: 100 }, (_, i) => ({ value: Math.floor(8 * random.uniform()), i }));
    for (const one of offered) best.offer(one);
    assert.equal(best.all(), offered.toSorted((a, b) => b.value - a.value).slice(0, limit));
  }
});

test.run();
