/** Counts the lists of all customers a few at a time, and rests in between. */
import { createRandom, shuffle } from '../../../random.ts';
import type { Withheld } from '../../../recommending/lists/everybody.ts';
import { noRow, type RecommendationBlock } from '../../../recommending/types.ts';
import { afterAWhile, turn } from '../../../turns.ts';
import type { Coverage } from './coverage.ts';

/** Products of a list, as many as customers get by default. */
export const listLength = 10;

/** Where lists come from. */
export interface Lists {
  readonly size: { readonly customers: number; readonly products: number; readonly factors: number };
  /** Whether the model that is counted still answers. */
  isCurrent(): boolean;
  /** The lists of customers `[from, to)`. Asked for in the turn in which the model is current. */
  blocks(from: number, to: number): AsyncIterable<RecommendationBlock>;
  /** What the shop keeps out of them; undefined if it is not known. */
  withheld(): Withheld | undefined;
}

/** How much it may work. */
export interface Pace {
  /** The time that the lists of all blocks may take, in milliseconds. */
  readonly budgetMs: number;
  /** How many times as long as a block took there is rest after it. */
  readonly rest: number;
  now(): number;
  wait(ms: number): Promise<void>;
}

/** A minute of work, a fifth of the time: five minutes in all. */
export const gently: Pace = {
  budgetMs: 60_000,
  rest: 4,
  now: () => performance.now(),
  wait: (ms) => new Promise((resolve) => void afterAWhile(resolve, ms)),
};

/**
 * Multiplications of a block, unless it has the fewest customers: a few milliseconds on one thread, which is how long requests
 * that need the kernel's threads may have to wait, and with one thread, the event loop.
 */
const workOfBlock = 3e8;
/** The kernel scores a tile of twelve customers about as fast as one. */
const tile = 12;
/** What lists take besides scores is done on the event loop: a millisecond or so for 60 customers. */
const maxTiles = 5;

/** Of the order in which blocks are counted. */
const seed = 1;

/** The customers of a block, and the first rows of the blocks in the order in which they are counted. */
export function blocksInOrder({ customers, products, factors }: Lists['size']): {
  length: number;
  firsts: Uint32Array;
} {
  const tiles = Math.floor(workOfBlock / (Math.max(1, products) * factors * tile));
  const length = tile * Math.min(maxTiles, Math.max(1, tiles));
  const firsts = Uint32Array.from({ length: Math.ceil(customers / length) }, (_, i) => i * length);
  shuffle(firsts, createRandom(seed));
  return { length, firsts };
}

/** Counts into a coverage, which says how it ended. Never rejects. */
export async function countLists(coverage: Coverage, lists: Lists, pace: Pace): Promise<void> {
  const into: { -readonly [Key in keyof Coverage]: Coverage[Key] } = coverage;
  let state: Coverage['state'];
  try {
    state = await countAll(into, lists, pace);
  } catch (error) {
    state = lists.isCurrent() ? 'failed' : 'ended';
    into.problem = (error as Error).message;
  }
  into.state = state;
  into.ended = Date.now();
}

async function countAll(
  into: { -readonly [Key in keyof Coverage]: Coverage[Key] },
  lists: Lists,
  { budgetMs, rest, now, wait }: Pace,
): Promise<Coverage['state']> {
  const { customers } = lists.size;
  const { length, firsts } = blocksInOrder(lists.size);
  let worked = 0;
  for (const first of firsts) {
    if (worked >= budgetMs) return 'sampled';
    await turn();
    if (!lists.isCurrent()) return 'ended';
    const began = now();
    const to = Math.min(first + length, customers);
    into.empty += await countBlock(into, lists, first, to);
    into.counted += to - first;
    const took = now() - began;
    worked += took;
    await wait(rest * took);
  }
  return 'done';
}

/** Returns how many of the lists are empty. */
async function countBlock(into: Coverage, lists: Lists, from: number, to: number): Promise<number> {
  const withheld = lists.withheld();
  let empty = 0;
  for await (const { firstCustomer, customers, n, rows } of lists.blocks(from, to)) {
    for (let c = 0; c < customers; c++) if (rows[c * n] === noRow) empty++;
    for (const row of rows) if (row !== noRow) into.lists[row]++;
    if (!withheld || withheld.count() === 0) continue;
    // Lists of their own: beside what is withheld, other products may stand than in its place. Inside of this loop, which
    // keeps the model open.
    const range = { from: firstCustomer, to: firstCustomer + customers };
    for await (const { rows } of withheld.blocks({ n: listLength, inBackground: true, ...range }))
      for (const row of rows) if (row !== noRow && withheld.has(row)) into.withoutStock[row]++;
  }
  return empty;
}
