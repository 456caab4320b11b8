/** What the page of the catalogue says, counted from what sold and from what lists hold. */
import { productsOfPiece, withOrdersOf } from '../../../ranking/popularity.ts';
import { inTurns } from '../../../turns.ts';
import type { Highlights } from '../products/highlights.ts';
import { type Concentration, concentrationIn } from './concentration.ts';
import type { Coverage } from './coverage.ts';
import type { ProductsNow } from './products.ts';
import type { Sold } from './sold.ts';

/** Products are given by row. */
export interface Figures {
  /** Products that lists may hold. */
  readonly offered: number;
  /** Those of them that some list holds. */
  readonly listed: number;
  /** How the places of lists, and the orders, are spread over them. */
  readonly places: Concentration;
  readonly orders: Concentration;
  /** Those in the most lists. */
  readonly mostListed: readonly number[];
  /** Those in no list that sold most. */
  readonly neverListed: readonly number[];
  /** Products that the shop keeps out of lists, and those of them that most lists would hold. */
  readonly withheld: number;
  readonly missed: readonly number[];
  /** Those that sold most, and the rest without a name. */
  readonly categories: readonly CategoryFigures[];
}

interface CategoryFigures {
  /** Undefined for products without one. */
  readonly name: string | undefined;
  /** How many other categories there are; 0 for one of its own. */
  readonly others: number;
  readonly products: number;
  readonly places: number;
  readonly orders: number;
}

/** Rows of a table. */
const shown = 15;
const categoriesShown = 20;

/** How long figures are shown, in milliseconds: the catalogue may have changed since, or more lists are counted. */
const keptMs = 20_000;
const keptWhileCountingMs = 10_000;

/** What sold, by the model. */
interface Sales {
  readonly sold: Sold;
  readonly rising: Highlights['rising'];
}

interface Made extends Sales {
  readonly figures: Figures;
}

interface Kept {
  readonly counted: number;
  readonly at: number;
  readonly making: Promise<Figures>;
  latest?: Made;
}

const keptByCoverage = new WeakMap<Coverage, Kept>();

/** The figures of what is counted by now, made between other requests. */
export function figuresOf(coverage: Coverage, sales: Sales, products: ProductsNow): Promise<Figures> {
  const { counted } = coverage;
  const before = keptByCoverage.get(coverage);
  const now = performance.now();
  const lastingMs = before?.counted === counted ? keptMs : coverage.state === 'running' ? keptWhileCountingMs : 0;
  if (before && now - before.at < lastingMs) return before.making;
  const making = inTurns(figuresIn(coverage, sales.sold, products));
  const kept: Kept = { counted, at: now, making, latest: before?.latest };
  keptByCoverage.set(coverage, kept);
  making.then(
    (figures) => {
      kept.latest = { figures, ...sales };
    },
    () => keptByCoverage.delete(coverage),
  );
  return making;
}

/** The last figures that were made, for whoever cannot wait. */
export const latestFigures = (coverage: Coverage): Made | undefined => keptByCoverage.get(coverage)?.latest;

export function* figuresIn(
  { lists, withoutStock }: Pick<Coverage, 'lists' | 'withoutStock'>,
  sold: Sold,
  { isOffered, isWithheld, categoryOf }: ProductsNow,
): Generator<undefined, Figures> {
  const isCounted = new Uint8Array(lists.length);
  let [offered, listed, withheld] = [0, 0, 0];
  for (let row = 0; row < lists.length; row++) {
    if (row % productsOfPiece === 0) yield;
    if (isWithheld(row)) withheld++;
    if (!isOffered(row)) continue;
    isCounted[row] = 1;
    offered++;
    if (lists[row] > 0) listed++;
  }
  const counts = (row: number) => isCounted[row] === 1;
  // Of products in as many lists, the one that sold more comes first.
  const { ranking } = yield* withOrdersOf(sold, lists);
  const missed = withheld > 0 ? (yield* withOrdersOf(sold, withoutStock)).ranking : ranking;
  return {
    ...{ offered, listed, withheld },
    places: yield* concentrationIn(lists, ranking, counts),
    orders: yield* concentrationIn(sold.orders, sold.ranking, counts),
    mostListed: firstOf(ranking, (row) => counts(row) && lists[row] > 0),
    neverListed: listed < offered ? firstOf(sold.ranking, (row) => counts(row) && lists[row] === 0) : [],
    missed: withheld > 0 ? firstOf(missed, (row) => isWithheld(row) && withoutStock[row] > 0) : [],
    categories: yield* categoriesIn(lists, sold, counts, categoryOf),
  };
}

function firstOf(rows: Uint32Array, isOne: (row: number) => boolean): number[] {
  const found: number[] = [];
  for (let place = 0; place < rows.length && found.length < shown; place++)
    if (isOne(rows[place])) found.push(rows[place]);
  return found;
}

/** What the catalogue says is kept as text, and read for each product: some microseconds. */
const describedInPiece = 2 ** 9;

function* categoriesIn(
  lists: Uint32Array,
  sold: Sold,
  counts: (row: number) => boolean,
  categoryOf: ProductsNow['categoryOf'],
): Generator<undefined, CategoryFigures[]> {
  const all = new Map<string | undefined, { products: number; places: number; orders: number }>();
  for (let row = 0; row < lists.length; row++) {
    if (row % describedInPiece === 0) yield;
    if (!counts(row)) continue;
    const name = categoryOf(row);
    const of = all.get(name) ?? { products: 0, places: 0, orders: 0 };
    all.set(name, of);
    of.products++;
    of.places += lists[row];
    of.orders += sold.orders[row];
  }
  yield;
  const named = Array.from(all, ([name, of]) => ({ name, others: 0, ...of })).sort(
    (a, b) => b.orders - a.orders || b.places - a.places,
  );
  const rest = named.splice(categoriesShown);
  if (rest.length === 0) return named;
  const sum = (of: 'products' | 'places' | 'orders') => rest.reduce((total, each) => total + each[of], 0);
  const others = { products: sum('products'), places: sum('places'), orders: sum('orders') };
  return [...named, { name: undefined, others: rest.length, ...others }];
}
