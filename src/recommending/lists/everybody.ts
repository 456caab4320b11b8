import type { Model } from '../../model/model.ts';
import { objectOfOptions, optionalFunctions, optionalSignal, wholeNumber } from '../../options.ts';
import type { Answers } from '../answer.ts';
import { type Filter, spreadOptions, toFilter, withDefaultOf } from '../filters.ts';
import { type Ranked, rankedAt } from '../scoring/scorer.ts';
import type { Mask } from '../serving/mask.ts';
import type { Parts, Shown } from '../serving/merchandising.ts';
import type { Merchandising } from '../serving/options.ts';
import type { Served, ServedCustomers } from '../serving/served.ts';
import type { Abortable, BatchOptions, CustomerRecommendations, Recommender } from '../types.ts';
import type { Batches } from './batches.ts';
import { withOthers } from './block.ts';

interface Sources extends Pick<Answers, 'toItem'>, Pick<Recommender, 'productRow'> {
  /** What no list may hold. */
  mask: Mask;
  /** Customers who are not barred. */
  mayBeNamed: Mask;
  live?: ServedCustomers;
  batches: Batches;
  shownBy(options: Merchandising): (() => Shown) | undefined;
  prepare(parts: Parts, signal: Abortable['signal']): Promise<void>;
  /** The list of a customer who bought something since the model. */
  listOf(served: Served, filter: Filter): Promise<Ranked[]>;
}

/** The lists of all customers, as they are now. */
export interface Everybody {
  blocks: Recommender['recommendBlocks'];
  all: Recommender['recommendAll'];
}

export function createEverybody(
  model: Model,
  { productRow, mask, mayBeNamed, live, batches, shownBy, prepare, listOf, toItem }: Sources,
): Everybody {
  const { customers } = model;

  function blocks(options: BatchOptions = {}): ReturnType<Everybody['blocks']> {
    objectOfOptions(options);
    const { from = 0, to = customers.length, signal, onProgress, ...filters } = options;
    optionalSignal(signal);
    optionalFunctions({ onProgress });
    wholeNumber('to', to, 0, customers.length);
    wholeNumber('from', from, 0, to);
    const filter = withDefaultOf(model, toFilter(filters, productRow, spreadOptions, mask));
    return made(filter, shownBy(filters), { from, to, signal, onProgress });
  }

  async function* made(
    filter: Filter,
    show: (() => Shown) | undefined,
    range: BatchOptions & { from: number; to: number },
  ): ReturnType<Everybody['blocks']> {
    const shown = show?.();
    try {
      if (shown) await prepare(shown, range.signal);
      const own = shown ? { ...filter, mask: shown.mask } : filter;
      const isOther = (row: number) => !mayBeNamed.has(row) || live?.isChanged(row) === true;
      yield* withOthers(batches(own, range), isOther, (row) => listOfChanged(row, own));
    } finally {
      shown?.giveBack();
    }
  }

  /** The list of a customer who may have changed; undefined if they have not, empty if they are barred. */
  async function listOfChanged(row: number, filter: Filter): Promise<Ranked[] | undefined> {
    if (!mayBeNamed.has(row)) return [];
    const served = await live?.served(customers[row]);
    return served && listOf(served, filter);
  }

  async function* listsIn(made: ReturnType<Everybody['blocks']>): AsyncGenerator<CustomerRecommendations> {
    for await (const block of made) {
      for (let c = 0; c < block.customers; c++) {
        const row = block.firstCustomer + c;
        if (mayBeNamed.has(row)) yield { customer: customers[row], items: rankedAt(block, c, block.n).map(toItem) };
      }
    }
  }

  return { blocks, all: (options) => listsIn(blocks(options)) };
}
