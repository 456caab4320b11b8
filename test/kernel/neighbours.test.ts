/** Bonus lists of the item-item term against plain code, which adds in the same order and so gets the same bits. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyIn } from '../../src/kernel/memory.ts';
import { noRow, scratchLength } from '../../src/kernel/operations/operations.ts';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, numbers, openBackend, scratchOf } from './backends.ts';

const test = suite('neighbours');
test.after.each(checkGuards);

/** Purchases and neighbours, and the arrays that kernels get of them. */
interface Shop {
  /** Rows that each query bought, ascending, with bonuses or without. */
  bought: number[][];
  bonuses?: number[][];
  /** Neighbours of each product: [row, strength], rows ascending. */
  neighbours: [number, number][][];
  boughtRows: Uint32Array;
  boughtBonuses: Float32Array | undefined;
  neighbourRows: Uint32Array;
  strengths: Float32Array;
}

interface Asked {
  shop: Shop;
  weight: number;
  /** Places of each query besides those for what it bought. */
  most: number;
  /** Where calls end. */
  cuts: number[];
  what: string;
}

function shopOf({ bought, bonuses, neighbours }: Pick<Shop, 'bought' | 'bonuses' | 'neighbours'>): Shop {
  const flat = neighbours.flat();
  return {
    ...{ bought, bonuses, neighbours },
    boughtRows: Uint32Array.from(bought.flat()),
    boughtBonuses: bonuses && Float32Array.from(bonuses.flat()),
    neighbourRows: Uint32Array.from(flat, ([row]) => row),
    strengths: Float32Array.from(flat, ([, strength]) => strength),
  };
}

const { fround } = Math;

function expectedLists({ shop, weight, most }: Asked): { row: number; bonus: number }[][] {
  const { bought, bonuses, neighbours } = shop;
  return bought.map((own, query) => {
    const sums = new Map<number, number>();
    for (const j of own)
      for (const [row, strength] of neighbours[j]) sums.set(row, fround((sums.get(row) ?? 0) + fround(strength)));
    const partOf = (row: number) => fround(fround(weight) * fround(Math.sqrt(Math.max(0, sums.get(row) ?? 0))));
    const others = [...sums].filter(([row, sum]) => sum > 0 && !own.includes(row));
    others.sort(([row, sum], [otherRow, other]) => other - sum || row - otherRow);
    return [
      ...own.map((row, i) => ({ row, bonus: fround(fround(bonuses?.[query][i] ?? 0) + partOf(row)) })),
      ...others
        .slice(0, most)
        .map(([row]) => ({ row, bonus: partOf(row) }))
        .sort((a, b) => a.row - b.row),
    ];
  });
}

/** Asks for the lists, in calls that end at each of the cuts. */
function ask(backend: (typeof backends)[number], { shop, weight, most, cuts }: Asked) {
  const kernel = openBackend(backend);
  const { memory, operations } = kernel;
  const { bought, neighbours } = shop;
  const count = neighbours.length;
  const ends = (lists: { length: number }[], more = 0) => {
    let end = 0;
    return copyIn(memory, Uint32Array, [0, ...lists.map(({ length }) => (end += length + more))]);
  };
  const bonusOffsets = ends(bought, most);
  const total = bonusOffsets[bought.length];
  const args = {
    boughtOffsets: ends(bought),
    boughtRows: copyIn(memory, Uint32Array, shop.boughtRows),
    boughtBonuses: shop.boughtBonuses && copyIn(memory, Float32Array, shop.boughtBonuses),
    neighbourOffsets: ends(neighbours),
    neighbourRows: copyIn(memory, Uint32Array, shop.neighbourRows),
    strengths: copyIn(memory, Float32Array, shop.strengths),
    count,
    weight,
    bonusOffsets,
    bonusRows: memory.allocate(Uint32Array, total).fill(7),
    bonuses: memory.allocate(Float32Array, total).fill(7),
  };
  let begin = 0;
  for (const end of [...cuts, bought.length]) {
    // What earlier calls left there must not matter.
    const scratch = scratchOf(kernel, scratchLength.neighbourBonuses(count)).fill(99);
    assert.is(operations.neighbourBonuses({ ...args, scratch, begin, end }), 0);
    begin = end;
  }
  return bought.map((_, query) => {
    const [first, end] = [bonusOffsets[query], bonusOffsets[query + 1]];
    return { rows: args.bonusRows.slice(first, end), bonuses: args.bonuses.slice(first, end) };
  });
}

/** With the lists of plain code. */
type Expected = Asked & { lists: ReturnType<typeof expectedLists> };

function check(backend: (typeof backends)[number], asked: Expected): void {
  const { shop, most, what } = asked;
  const lists = ask(backend, asked);
  for (const [query, expected] of asked.lists.entries()) {
    const room = shop.bought[query].length + most;
    const rest = new Array(room - expected.length);
    const told = `${backend.name}: ${what}, query ${query}`;
    const bought = shop.bought[query].length;
    const entries = Array.from(lists[query].rows, (row, at) => ({ row, bonus: lists[query].bonuses[at] }));
    const others = entries.slice(bought, expected.length).sort((a, b) => a.row - b.row);
    assert.equal([...entries.slice(0, bought), ...others], expected, told);
    assert.equal(entries.slice(expected.length), rest.fill({ row: noRow, bonus: 0 }), told);
  }
}

/** A shop of random purchases and neighbours; `draw` draws a strength. */
function randomShop(random: () => number, count: number, draw: () => number): Shop {
  const some = (share: number) => Array.from({ length: count }, (_, row) => row).filter(() => random() < share);
  const bought = [0.05, 0.3, 0, 0.01, 1, 0.1].map((share) => some(share));
  const neighbours = Array.from({ length: count }, () =>
    some(random() < 0.2 ? 0 : 0.5 * random()).map((row): [number, number] => [row, draw()]),
  );
  return shopOf({ bought, neighbours, bonuses: bought.map((own) => own.map(() => 4 * random() - 1)) });
}

const expect = (asked: Asked): Expected => ({ ...asked, lists: expectedLists(asked) });

const atAwkwardSizes = [1, 2, 31, 32, 33, 64, 100, 257, 700].flatMap((count) => {
  const random = numbers(count);
  const shop = randomShop(random, count, () => random() ** 3);
  const asked = [0, 1, 2, 7, 32, 64, 300].flatMap((most) =>
    [0.5, 2].map((weight) => ({ shop, weight, most, cuts: [1, 4], what: `${count} products, most ${most}` })),
  );
  const plain = shopOf({ ...shop, bonuses: undefined });
  return [...asked, { shop: plain, weight: 1, most: 5, cuts: [], what: 'without bonuses' }].map(expect);
});

/** Nearly all products are neighbours, and all that are have the part: nothing is left of the room for them. */
const ofNearlyAll = Array.from({ length: 70 }, (_, i) => {
  const random = numbers(i);
  const all = Array.from({ length: i + 1 }, (_, row): [number, number] => [row, 0.1 + random()]);
  const shop = shopOf({ bought: [[0], [0]], neighbours: [all.slice(1), ...all.slice(1).map(() => [])] });
  return expect({ shop, weight: 1, most: 80, cuts: [1], what: `all of ${i + 1} products` });
});

const ties = numbers(5);
const withTies = (
  [
    ['all equal', () => 0.25],
    ['few values', () => Math.floor(3 * ties()) / 8],
    ['both signs', () => 2 * ties() - 1],
    ['sums of zero', () => Math.floor(3 * ties()) - 1],
    ['zeros of both signs', () => (ties() < 0.5 ? -0 : 0)],
    ['nearly equal', () => 1 + 1e-7 * Math.floor(3 * ties())],
    ['of all magnitudes', () => 10 ** (40 * ties() - 31)],
  ] as const
).flatMap(([what, draw]) =>
  [1, 5, 40].map((most) => expect({ shop: randomShop(ties, 90, draw), weight: 1, most, cuts: [3], what })),
);

const odds = numbers(11);
const odd = [NaN, Infinity, -Infinity].flatMap((odd) => {
  const shop = randomShop(odds, 200, () => (odds() < 0.3 ? odd : odds()));
  return [1, 40].map((most): Asked => ({ shop, weight: 1, most, cuts: [2, 3], what: `${odd}` }));
});

for (const backend of backends) {
  testUnless(
    test,
    backend.absent,
    `${backend.name}: lists are those of plain code, bit by bit, at awkward sizes`,
    () => {
      for (const asked of [...atAwkwardSizes, ...ofNearlyAll]) check(backend, asked);
    },
  );

  testUnless(test, backend.absent, `${backend.name}: ties go to the lower row, and sums below zero are none`, () => {
    for (const asked of withTies) check(backend, asked);
  });

  testUnless(test, backend.absent, `${backend.name}: whatever strengths are, lists stay within their room`, () => {
    for (const asked of odd) {
      const lists = ask(backend, asked);
      for (const [query, { rows }] of lists.entries()) {
        const own = asked.shop.bought[query];
        assert.equal([...rows.slice(0, own.length)], own, `${backend.name}: ${asked.what}`);
        const others = [...rows.slice(own.length)].filter((row) => row !== noRow);
        assert.is(new Set(others).size, others.length);
        assert.ok(others.every((row) => row < 200 && !own.includes(row)));
      }
    }
  });
}

test.run();
