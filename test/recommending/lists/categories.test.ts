import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openKernel } from '../../../src/kernel/open.ts';
import { noGroup } from '../../../src/kernel/operations/operations.ts';
import { createCategories } from '../../../src/recommending/lists/categories.ts';
import { packCandidates } from '../../../src/recommending/scoring/candidates.ts';
import { finish } from '../../../src/turns.ts';

const test = suite('categories');
const kernel = openKernel({ threads: 1 });
const categoriesOf = (names: (string | undefined)[]) => liveCategoriesOf(names).current();
const liveCategoriesOf = (names: (string | undefined)[]) => {
  const products = packCandidates(kernel, kernel.memory.allocate(Float32Array, names.length * 16), 1);
  return finish(createCategories(kernel, { productInfo: names.map((category) => ({ category })) }, products));
};

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

test('after changes they are those of a shop that began so', () => {
  const name = fc.constantFrom(undefined, 'a', 'b', 'c', 'd');
  const changes = fc.array(fc.tuple(fc.nat(29), name), { maxLength: 60 });
  fc.assert(
    fc.property(fc.array(name, { minLength: 30, maxLength: 30 }), changes, (names, changes) => {
      const live = liveCategoriesOf(names);
      const before = live.current();
      assert.is(live.current(), before);
      const groupsBefore = [...before.groups];
      const after = [...names];
      for (const [row, category] of changes) {
        live.put(row, category);
        after[row] = category;
      }
      const { groups, longest } = live.current();
      assert.equal([...before.groups], groupsBefore, 'lists may be made of them');
      const expected = categoriesOf(after);
      const likeFirst = (each: Uint32Array) =>
        Array.from(each, (group) => (group === noGroup ? -1 : each.indexOf(group)));
      assert.equal(likeFirst(groups), likeFirst(expected.groups));
      for (const limit of [1, 3, 40]) assert.is(longest(limit), expected.longest(limit));
    }),
  );
});

test.run();
