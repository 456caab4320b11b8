import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyIn } from '../../src/kernel/memory.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { noGroup } from '../../src/kernel/operations.ts';
import { packCandidates } from '../../src/recommending/candidates.ts';
import { createCategories } from '../../src/recommending/categories.ts';
import { numbers } from '../kernel/backends.ts';

const test = suite('categories');
const kernel = openKernel({ threads: 1 });
const random = numbers(1);

/** Categories of products with random factors. */
function categoriesOf(names: (string | undefined)[]) {
  const rows = kernel.memory.allocate(Float32Array, 16 * names.length).map(() => random());
  const candidates = packCandidates(kernel, copyIn(kernel.memory, Float32Array, rows), 16);
  return {
    candidates,
    ...createCategories(kernel, { productInfo: names.map((category) => ({ category })) }, candidates),
  };
}

test('products share a group exactly if they share a category; without one they have none', () => {
  const names = ['tea', undefined, 'oil', 'tea', '', 'oil', undefined];
  const { groups } = categoriesOf(names);
  assert.is(groups.length, names.length);
  for (const [a, name] of names.entries()) {
    assert.is(groups[a] === noGroup, name === undefined);
    for (const [b, other] of names.entries()) assert.is(groups[a] === groups[b], name === other);
  }
});

test('the longest list has the products without a category and up to the limit of every other', () => {
  const shop = fc.array(fc.constantFrom(undefined, 'a', 'b', 'c', 'd'), { maxLength: 60 });
  fc.assert(
    fc.property(shop, fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constant(Infinity)), (names, limit) => {
      const { longest } = categoriesOf(names);
      let length = 0;
      for (const name of [undefined, 'a', 'b', 'c', 'd']) {
        const size = names.filter((other) => other === name).length;
        length += name === undefined ? size : Math.min(size, limit);
      }
      assert.is(longest(limit), length);
    }),
  );
});

test('for short lists, products are packed so that most panels hold products of one large category', () => {
  const names = Array.from({ length: 5003 }, () => ['a', 'b', 'c', undefined, 'rare'][Math.floor(random() ** 3 * 5)]);
  const { candidates, groups, limitOf } = categoriesOf(names);
  assert.is(limitOf({ n: 10, groupLimit: 0 }), undefined);
  assert.is(limitOf({ n: 1000, groupLimit: 2 })?.packing, undefined);
  const { packing } = limitOf({ n: 10, groupLimit: 2 })!;
  assert.ok(packing);
  const { order } = packing;
  assert.equal(
    [...order].sort((a, b) => a - b),
    names.map((_, row) => row),
  );
  assert.equal(order.subarray(0, 512), candidates.order.subarray(0, 512));
  const places = Uint32Array.from(candidates.order, (_, i) => candidates.order.indexOf(i));
  let pure = 0;
  for (let i = 512; i + 16 <= order.length; i += 16) {
    const panel = [...order.subarray(i, i + 16)];
    if (groups[panel[0]] === noGroup || panel.some((row) => groups[row] !== groups[panel[0]])) continue;
    pure++;
    assert.ok(
      panel.every((row, k) => k === 0 || places[panel[k - 1]] < places[row]),
      'the usual order within a panel',
    );
  }
  const large = names.filter((name) => name === 'a' || name === 'b' || name === 'c').length;
  assert.ok(pure > 0.8 * (large / 16) - 40, `${pure} panels of ${large} products`);
});

test.run();
