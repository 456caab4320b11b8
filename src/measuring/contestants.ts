import type { Targets } from '../dataset/split.ts';
import { throwIfAborted } from '../errors.ts';
import { invalidOption, oneOf, onlyKnown } from '../options.ts';
import { noRow, type PurchasedFilter, type RecommendationBlock } from '../recommending/types.ts';
import { type EvaluationQuestion, questions } from './questions.ts';

/**
 * A source of recommendation lists to be measured: a `Recommender`, or an adapter around another system.
 *
 * `recommendBlocks` gives the lists of the customers with rows `from` to `to - 1`, as one or more blocks that cover this
 * range in order. The list of customer `firstCustomer + i` is `rows[i * n]` to `rows[(i + 1) * n - 1]`: distinct product
 * rows, best first, and `noRow` after the end of a shorter list. Customers without targets may have empty lists. Rows
 * are places in `heldOut.train.customers` and `heldOut.train.products`.
 *
 * `n` is the longest length that is measured. `purchased` says which products are wanted: `'allow'` any, `'exclude'`
 * only products that the customer has not bought, `'only'` products that the customer has bought. `measure` does not
 * filter lists; a list that ignores `purchased` wastes its places.
 */
export interface Lister {
  recommendBlocks(options: {
    n: number;
    purchased: PurchasedFilter;
    from: number;
    to: number;
    signal?: AbortSignal;
  }): AsyncIterable<Pick<RecommendationBlock, 'firstCustomer' | 'customers' | 'n' | 'rows'>>;
}

/** One of the systems that `measure` compares. */
export interface Contestant {
  /** Short, and distinct among the contestants: the heading in tables. */
  readonly name: string;
  /** `'model'` by default. */
  readonly kind?: 'model' | 'baseline' | 'ablation';
  /** What it does, in a few words for people; the name by default. */
  readonly description?: string;
  /** The questions it is measured on; all by default. */
  readonly questions?: readonly EvaluationQuestion[];
  readonly lists: Lister;
}

const contestantFields = ['name', 'kind', 'description', 'questions', 'lists'];

/** Throws `invalid_options` that names the field. */
export function checkContestants(contestants: readonly Contestant[]): void {
  if (!Array.isArray(contestants)) throw invalidOption('contestants', contestants, 'an array');
  for (const contestant of contestants) {
    onlyKnown(contestant, contestantFields);
    const { name, kind = 'model', lists } = contestant;
    if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a short text');
    oneOf('kind', kind, ['model', 'baseline', 'ablation']);
    checkQuestions(contestant.questions);
    if (typeof lists?.recommendBlocks !== 'function')
      throw invalidOption('lists', lists, 'an object with recommendBlocks, such as a Recommender');
  }
  const names = contestants.map(({ name }) => name);
  if (new Set(names).size < names.length) throw invalidOption('contestants', names.join(', '), 'distinct names');
}

/** Throws `invalid_options`. */
export function checkQuestions(asked: readonly EvaluationQuestion[] = questions): void {
  if (!Array.isArray(asked)) throw invalidOption('questions', asked, `an array of ${questions.join(', ')}`);
  for (const question of asked) oneOf('questions', question, questions);
}

export interface ReadListsOptions {
  /** The longest list to read. */
  n: number;
  purchased: PurchasedFilter;
  /** Number of products. */
  products: number;
  signal?: AbortSignal;
  /** Receives each list with the customer's place in the targets, in order; the list is valid during the call only. */
  onList: (place: number, list: Uint32Array) => void;
  /** Receives the number of lists so far, after each block. */
  onBlock: (done: number) => void;
}

/**
 * Reads a contestant's lists of the customers with targets.
 *
 * @throws `invalid_options` if a customer is left out, or a list holds something other than distinct product rows.
 */
export async function readLists(
  { name, lists }: Contestant,
  { customers }: Targets,
  { n, purchased, products, signal, onList, onBlock }: ReadListsOptions,
): Promise<void> {
  const total = customers.length;
  const range = { from: customers[0], to: customers[total - 1] + 1 };
  /** The place of the last customer, plus one, whose list holds the product. */
  const listedFor = new Uint32Array(products);
  let place = 0;
  for await (const block of lists.recommendBlocks({ n, purchased, ...range, signal })) {
    throwIfAborted(signal);
    for (; place < total && customers[place] < block.firstCustomer + block.customers; place++) {
      const start = (customers[place] - block.firstCustomer) * block.n;
      if (start < 0) throw missing(name, customers[place]);
      let end = start;
      for (const longest = start + Math.min(n, block.n); end < longest && block.rows[end] !== noRow; end++) {
        const product = block.rows[end];
        if (!(product < products)) throw unusable(name, `row ${product} is not a product`);
        if (listedFor[product] === place + 1) throw unusable(name, `product row ${product} is twice in one list`);
        listedFor[product] = place + 1;
      }
      onList(place, block.rows.subarray(start, end));
    }
    onBlock(place);
    if (place === total) return;
  }
  throw missing(name, customers[place]);
}

function missing(name: string, customer: number) {
  return unusable(name, `there is none for customer row ${customer}, or not in the order of rows`);
}

function unusable(name: string, problem: string) {
  return invalidOption('contestants', name, `lists as described at Lister, but ${problem}`);
}
