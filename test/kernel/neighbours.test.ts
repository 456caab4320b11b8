/** Bonus lists of the item-item term against plain code, which adds in the same order and so gets the same bits. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyIn } from '../../src/kernel/memory.ts';
import { noRow, scratchLength } from '../../src/kernel/operations/operations.ts';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, numbers, openBackend, scratchOf } from './backends.ts';

const test = suite('neighbours');
test.after.each(checkGuards);

interface Shop {
  /** Rows that each query bought, ascending, with bonuses or without. */
  bought: number[][];
  bonuses?: number[][];
  /** Neighbours of each product: [row, strength], rows ascending. */
  neighbours: [number, number][][];
  weight: number;
  /** Places of each query besides those for what it bought. */
  most: number;
}

const { fround } = Math;

function expectedLists({ bought, bonuses, neighbours, weight, most }: Shop): { row: number; bonus: number }[][] {
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
function ask(backend: (typeof backends)[number], shop: Shop, cuts: number[]) {
  const kernel = openBackend(backend);
  const { memory, operations } = kernel;
  const { bought, bonuses, neighbours, weight, most } = shop;
  const count = neighbours.length;
  const ends = (lists: { length: number }[], more = 0) => {
    let end = 0;
    return copyIn(memory, Uint32Array, [0, ...lists.map(({ length }) => (end += length + more))]);
  };
  const bonusOffsets = ends(bought, most);
  const total = bonusOffsets[bought.length];
  const args = {
    boughtOffsets: ends(bought),
    boughtRows: copyIn(memory, Uint32Array, bought.flat()),
    boughtBonuses: bonuses && copyIn(memory, Float32Array, bonuses.flat()),
    neighbourOffsets: ends(neighbours),
    neighbourRows: copyIn(
      memory,
      Uint32Array,
      neighbours.flat().map(([row]) => row),
    ),
    strengths: copyIn(
      memory,
      Float32Array,
      neighbours.flat().map(([, strength]) => strength),
    ),
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

function check(backend: (typeof backends)[number], shop: Shop, cuts: number[], what: string): void {
  const lists = ask(backend, shop, cuts);
  for (const [query, expected] of expectedLists(shop).entries()) {
    const room = shop.bought[query].length + shop.most;
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
function randomShop(random: () => number, count: number, draw: () => number): Omit<Shop, 'weight' | 'most'> {
  const some = (share: number) => Array.from({ length: count }, (_, row) => row).filter(() => random() < share);
  const bought = [0.05, 0.3, 0, 0.01, 1, 0.1].map((share) => some(share));
  const neighbours = Array.from({ length: count }, () =>
    some(random() < 0.2 ? 0 : 0.5 * random()).map((row): [number, number] => [row, draw()]),
  );
  return { bought, neighbours, bonuses: bought.map((own) => own.map(() => 4 * random() - 1)) };
}

for (const backend of backends) {
  testUnless(
    test,
    backend.absent,
    `${backend.name}: lists are those of plain code, bit by bit, at awkward sizes`,
    () => {
      for (const count of [1, 2, 31, 32, 33, 64, 100, 257, 700]) {
        const random = numbers(count);
        const shop = randomShop(random, count, () => random() ** 3);
        for (const most of [0, 1, 2, 7, 32, 64, 300])
          for (const weight of [0.5, 2])
            check(backend, { ...shop, weight, most }, [1, 4], `${count} products, most ${most}`);
        check(backend, { ...shop, bonuses: undefined, weight: 1, most: 5 }, [], 'without bonuses');
      }
    },
  );

  testUnless(test, backend.absent, `${backend.name}: ties go to the lower row, and sums below zero are none`, () => {
    const random = numbers(5);
    for (const [what, draw] of [
      ['all equal', () => 0.25],
      ['few values', () => Math.floor(3 * random()) / 8],
      ['both signs', () => 2 * random() - 1],
      ['sums of zero', () => Math.floor(3 * random()) - 1],
      ['zeros of both signs', () => (random() < 0.5 ? -0 : 0)],
      ['nearly equal', () => 1 + 1e-7 * Math.floor(3 * random())],
      ['of all magnitudes', () => 10 ** (40 * random() - 31)],
    ] as const)
      for (const most of [1, 5, 40]) {
        const shop = randomShop(random, 90, draw);
        check(backend, { ...shop, weight: 1, most }, [3], what);
      }
  });
}

for (const backend of backends)
  testUnless(test, backend.absent, `${backend.name}: whatever strengths are, lists stay within their room`, () => {
    const random = numbers(11);
    for (const odd of [NaN, Infinity, -Infinity]) {
      const shop = randomShop(random, 200, () => (random() < 0.3 ? odd : random()));
      for (const most of [1, 40]) {
        const lists = ask(backend, { ...shop, weight: 1, most }, [2, 3]);
        for (const [query, { rows }] of lists.entries()) {
          const own = shop.bought[query];
          assert.equal([...rows.slice(0, own.length)], own, `${backend.name}: ${odd}`);
          const others = [...rows.slice(own.length)].filter((row) => row !== noRow);
          assert.is(new Set(others).size, others.length);
          assert.ok(others.every((row) => row < 200 && !own.includes(row)));
        }
      }
    }
  });

test.run();
