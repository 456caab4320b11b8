import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createColumns } from '../../../src/live/conditions/columns.ts';
import { readCondition } from '../../../src/live/conditions/condition.ts';
import { groupsOf } from '../../../src/live/conditions/groups.ts';

const test = suite('groups');
const count = 100;

/** Prices from 0 to 99, and how many words were filled. */
function shop() {
  const columns = createColumns(
    { productInfo: Array.from({ length: count }, (_, price) => ({ price })) },
    () => undefined,
  );
  let filled = 0;
  const price = columns.column('price')!;
  const counting = {
    ...columns,
    column: (field: string) => ({
      ...columns.column(field)!,
      fill(...args: Parameters<typeof price.fill>) {
        filled += args[1].length;
        price.fill(...args);
      },
    }),
  };
  const read = (condition: object) => readCondition(condition, 'filter', columns);
  return { columns: counting, read, filled: () => filled };
}

/** The groups that hold each product, from words that are made one by one, group after group. */
function membersOf(groups: ReturnType<typeof groupsOf>, afterWord: (group: number, word: number) => void = () => {}) {
  const members: number[][] = Array.from({ length: count }, () => []);
  for (const [group, { selection }] of groups.entries()) {
    for (let word = 0; word < Math.ceil(count / 32); word++) {
      const words = new Uint32Array(1);
      selection.fill(words, word, word + 1);
      for (let row = 0; row < 32; row++) if ((words[0] >>> row) & 1) members[word * 32 + row].push(group);
      afterWord(group, word);
    }
  }
  return members;
}

test('each product that passes the filter is in one group, that of the conditions it meets', () => {
  const { columns, read } = shop();
  const conditions = [read({ field: 'price', min: 30 }), read({ field: 'price', max: 60 })];
  for (const filter of [undefined, read({ field: 'price', min: 20, max: 89 })]) {
    const groups = groupsOf(filter, conditions, columns);
    assert.equal(groups.map(({ met }) => met), [[false, false], [true, false], [false, true], [true, true]]); // biome-ignore format: a pair each
    for (const [row, members] of membersOf(groups).entries()) {
      const passes = filter === undefined || (row >= 20 && row < 90);
      assert.equal(members, passes ? [Number(row >= 30) + 2 * Number(row <= 60)] : []);
      for (const [i, { selection }] of groups.entries()) assert.is(selection.meets(row), members.includes(i));
    }
  }
});

test('each condition is looked at once for all groups', () => {
  const { columns, read, filled } = shop();
  const conditions = [10, 20, 30].map((min) => read({ field: 'price', min }));
  membersOf(groupsOf(read({ field: 'price', max: 80 }), conditions, columns));
  assert.is(filled(), 4 * Math.ceil(count / 32));
});

test('a product that is written while groups are made is where it belongs in those that follow', () => {
  const { columns, read } = shop();
  const groups = groupsOf(undefined, [read({ field: 'price', min: 50 })], columns);
  const members = membersOf(groups, (group, word) => {
    if (group === 0 && word === 3) columns.set(7, { price: 70 });
  });
  // The first group was made before: whoever keeps it looks at the product again.
  assert.equal(members[7], [0, 1]);
  assert.equal(members[8], [0]);
});

test.run();
