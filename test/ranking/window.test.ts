import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { windowOf } from '../../src/ranking/window.ts';

const test = suite('window');
const day = 86_400_000;
const days = (count: number) => Array.from({ length: count }, (_, i) => i * day);

test('the window ends with the last order, whatever the sequence', () => {
  assert.equal(windowOf(Float64Array.of(5e9, Number.NaN, 1e9), 10), { from: 5e9 - 10 * day, to: 5e9 });
  assert.is(windowOf(Float64Array.from(days(500).reverse()), 60).to, 499 * day);
  assert.is(windowOf(Float64Array.of(7), 60).to, 7);
});

test('without times it begins with the first of them', () => {
  for (const times of [undefined, new Float64Array(0), Float64Array.of(Number.NaN)])
    assert.is(windowOf(times, 10).from, -Infinity);
});

test('one in a thousand orders, and at least one, may be of any later time', () => {
  const far = 20_000 * day;
  assert.is(windowOf(Float64Array.from([far, ...days(40)]), 60).to, 39 * day);
  const many = days(3000);
  assert.is(windowOf(Float64Array.from([...many, far, far + 1, far + 2]), 60).to, 2999 * day);
  const four = Float64Array.from([...many, far, far + 1, far + 2, far + 3]);
  assert.is(windowOf(four, 60).to, far + 3, 'four in 3004 are no exception');
});

test('a late order within half a window still counts, and one of few orders always', () => {
  assert.is(windowOf(Float64Array.from([...days(40), 69 * day]), 60).to, 69 * day);
  assert.is(windowOf(Float64Array.from([...days(40), 70 * day]), 60).to, 39 * day);
  assert.is(windowOf(Float64Array.of(...days(18), 900 * day), 60).to, 900 * day);
});

test('it is the same as with all times sorted', () => {
  const times = fc.array(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constant(Number.NaN)), { maxLength: 2500 });
  fc.assert(
    fc.property(times, (list) => {
      const sorted = list.filter((time) => !Number.isNaN(time)).sort((a, b) => b - a);
      const beyond = sorted.length < 20 ? 0 : Math.max(1, Math.floor(sorted.length / 1000));
      const expected = sorted.find((time) => time <= sorted[beyond] + 15) ?? -Infinity;
      assert.is(
        windowOf(
          Float64Array.from(list, (time) => time * day),
          30,
        ).to,
        expected * day,
      );
    }),
  );
});

test.run();
