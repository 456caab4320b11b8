import { throwIfAborted } from '../../errors.ts';
import type { Memory } from '../../kernel/memory.ts';
import { noRow } from '../../kernel/operations/operations.ts';
import type { Model } from '../../model/model.ts';
import { invalidOption, objectOfOptions, optionalFunctions, optionalSignal, wholeNumber } from '../../options.ts';
import type { Answers } from '../answer.ts';
import { type Filter, spreadOptions, toFilter, withDefaultOf, withoutHidden } from '../filters.ts';
import { type Ranked, rankedAt } from '../scoring/scorer.ts';
import { createMask, type Mask } from '../serving/mask.ts';
import type { Parts, Shown } from '../serving/merchandising.ts';
import type { Merchandising } from '../serving/options.ts';
import type { Served, ServedCustomers } from '../serving/served.ts';
import type { Abortable, BatchOptions, CustomerRecommendations, RecommendationBlock, Recommender } from '../types.ts';
import type { Batches } from './batches.ts';
import { emptyBlocks, withOthers, write } from './block.ts';
import { rowsOfShard } from './shard.ts';

interface Sources extends Pick<Answers, 'toItem'>, Pick<Recommender, 'productRow'> {
  memory: Memory;
  /** What no list may hold. */
  mask: Mask;
  /** Customers who are not barred. */
  mayBeNamed: Mask;
  live?: ServedCustomers;
  batches: Batches;
  shownBy(options: Merchandising): (() => Shown) | undefined;
  prepare(parts: Parts, signal: Abortable['signal']): Promise<void>;
  /** The list of one customer, as the model has them or as they are now. */
  listOf(
    row: number,
    served: Served | undefined,
    filter: Filter,
    shown?: Shown,
    signal?: AbortSignal,
  ): Promise<Ranked[]>;
}

type Range = BatchOptions & { from: number; to: number };

/** Customers of a block whose lists are made one by one, and products in it. */
const maxCustomers = 4096;
const maxEntries = 1e6;

/** The lists of all customers, as they are now. */
export interface Everybody {
  blocks: Recommender['recommendBlocks'];
  all: Recommender['recommendAll'];
  withheld: Withheld;
}

/** Products that the model would list and a running shop does not, such as those that are sold out. */
export interface Withheld {
  count(): number;
  has(product: number): boolean;
  /** The lists as they would be if there were none. */
  blocks(options: Pick<BatchOptions, 'n' | 'from' | 'to' | 'signal' | 'inBackground'>): ReturnType<Everybody['blocks']>;
}

export function createEverybody(
  model: Model,
  { memory, productRow, mask, mayBeNamed, live, batches, shownBy, prepare, listOf, toItem }: Sources,
): Everybody {
  const { customers, products, unlisted } = model;
  /** What the model would list; made when somebody asks for it. */
  let offer: Mask | undefined;

  function offered(): Mask {
    offer ??= createMask(memory, products.length, unlisted);
    return offer;
  }

  function blocksOver(mask: Mask, options: BatchOptions = {}): ReturnType<Everybody['blocks']> {
    objectOfOptions(options);
    const { from: _from, to: _to, shard: _shard, signal, inBackground = false, onProgress, ...filters } = options;
    optionalSignal(signal);
    optionalFunctions({ onProgress });
    if (typeof inBackground !== 'boolean') throw invalidOption('inBackground', inBackground, 'true or false');
    const rows = rowsOf(options);
    const filter = withDefaultOf(model, toFilter(filters, productRow, spreadOptions, mask));
    return made(filter, shownBy(filters), { ...rows, signal, inBackground, onProgress });
  }

  /** The customers of a batch. */
  function rowsOf({ from, to, shard }: BatchOptions): { from: number; to: number } {
    if (shard === undefined) {
      const end = wholeNumber('to', to ?? customers.length, 0, customers.length);
      return { from: wholeNumber('from', from ?? 0, 0, end), to: end };
    }
    if (from === undefined && to === undefined) return rowsOfShard(shard, customers.length);
    throw invalidOption('shard', shard, 'no shard beside from and to');
  }

  async function* made(filter: Filter, show: (() => Shown) | undefined, range: Range): ReturnType<Everybody['blocks']> {
    const shown = show?.();
    try {
      if (shown) await prepare(shown, range.signal);
      const own = shown ? { ...filter, mask: shown.mask } : filter;
      const isOther = (row: number) => !mayBeNamed.has(row) || live?.isChanged(row) === true;
      const blocks =
        (shown?.groups ?? shown?.pins)
          ? oneByOne(own, shown, range)
          : withOthers(batches(own, range), isOther, (row) => listOfChanged(row, own));
      for await (const block of blocks) {
        takeOut(block, own);
        yield block;
      }
    } finally {
      shown?.giveBack();
    }
  }

  /** Takes out what was hidden, and who was barred, since the block was begun. */
  function takeOut(block: RecommendationBlock, filter: Filter): void {
    if (mayBeNamed.hidden() === 0 && !filter.mask?.hidden()) return;
    for (let c = 0; c < block.customers; c++) {
      const rows = block.rows.subarray(c * block.n, (c + 1) * block.n);
      if (!mayBeNamed.has(block.firstCustomer + c)) write(block, c, []);
      else if (rows.some((row) => row !== noRow && filter.mask?.has(row) === false))
        write(block, c, withoutHidden(rankedAt(block, c, block.n), filter));
    }
  }

  /** The list of a customer who may have changed; undefined if they have not, empty if they are barred. */
  async function listOfChanged(row: number, filter: Filter): Promise<Ranked[] | undefined> {
    if (!mayBeNamed.has(row)) return [];
    const served = await live?.served(customers[row]);
    return served && listOf(row, served, filter);
  }

  /** With boosts or pins, each list is made as if it were asked for alone. */
  async function* oneByOne(filter: Filter, shown: Shown | undefined, range: Range): ReturnType<Everybody['blocks']> {
    const { from, to, signal, onProgress } = range;
    const size = Math.max(1, Math.min(maxCustomers, Math.floor(maxEntries / filter.n)));
    const started = performance.now();
    const made = withOthers(
      emptyBlocks(filter.n, size, range),
      () => true,
      async (row) =>
        mayBeNamed.has(row) ? listOf(row, await live?.served(customers[row]), filter, shown, signal) : [],
    );
    throwIfAborted(signal);
    for await (const block of made) {
      const done = block.firstCustomer + block.customers - from;
      onProgress?.({ done, total: to - from, elapsedMs: performance.now() - started });
      yield block;
    }
  }

  async function* listsIn(made: ReturnType<Everybody['blocks']>): AsyncGenerator<CustomerRecommendations> {
    for await (const block of made) {
      for (let c = 0; c < block.customers; c++) {
        const row = block.firstCustomer + c;
        // The reader may have taken its time with the lists before.
        const list = withoutHidden(rankedAt(block, c, block.n), { mask });
        if (mayBeNamed.has(row)) yield { customer: customers[row], items: list.map(toItem) };
      }
    }
  }

  const blocks = (options?: BatchOptions) => blocksOver(mask, options);
  const withheld: Withheld = {
    count: () => mask.hidden() - offered().hidden(),
    has: (product) => !mask.has(product) && offered().has(product),
    blocks: (options) => blocksOver(offered(), options),
  };
  return { blocks, all: (options) => listsIn(blocks(options)), withheld };
}
