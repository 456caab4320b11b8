/** Finds the products that somebody means. */

import { textAtOf } from '../../../dataset/texts/packed.ts';
import type { EntriesReader } from '../../../live/catalogue/entries.ts';
import { servedBy } from '../../../live/swapping/answering.ts';
import { infoReaderOf } from '../../../model/texts.ts';
import { inTurns } from '../../../turns.ts';
import { createBest } from '../best.ts';
import type { Answering } from '../page.ts';
import { oncePerModel, soon } from '../per-model.ts';
import { createTexts, type Texts } from './joined-texts.ts';
import { firstCategory, type KnownProduct, productById, productByRow } from './known.ts';
import { type Query, queryOf, textOf } from './texts.ts';

export interface FoundProducts {
  /** The best matches, at most as many as asked for. */
  readonly products: readonly KnownProduct[];
  /** How many match besides these. */
  readonly more: number;
  /** Whether names are still being read, so that there may be more: for a moment after the start, and after a new model. */
  readonly isReading: boolean;
  /** The one that is meant beyond doubt: what was typed is its id, or the whole name of no other, or only it matches. */
  readonly meant?: KnownProduct;
}

/**
 * Products by what somebody typed: an id, the beginning of one, or the beginnings of words of a name or category, in whatever
 * case and without accents. The id itself comes first, then whole names, beginnings of ids, words of names, and words of
 * categories; within these, what sells best. It finds products that only the catalogue knows, and those that are not listed.
 *
 * It works in pieces. The first search of a model, or of a catalogue, reads all names first (see `prepareSearch`), for which it
 * waits a moment.
 *
 * @param typed any text; an empty one finds nothing.
 * @param signal ends the search.
 * @throws `aborted`
 * @example
 * const { products, more, meant } = await findProducts(answering, 'red mug', 20);
 */
export async function findProducts(
  answering: Answering,
  typed: string,
  limit = 20,
  signal?: AbortSignal,
): Promise<FoundProducts> {
  const query = queryOf(typed);
  if (query.id === '') return { products: [], more: 0, isReading: false };
  const all = await textsOf(answering);
  const { isReading } = all;
  const byId = productById(answering, typed.trim());
  const matches = matchesIn(answering, query, all, Math.max(2, limit), byId);
  const found = await inTurns(matches, { ...(signal && { signal }) });
  const best = byId ? [byId, ...found.best] : found.best;
  const count = found.count + (byId ? 1 : 0);
  const isOnly = !isReading && (found.named === 1 || count === 1);
  const meant = byId ?? (isOnly ? best[0] : undefined);
  const products = best.slice(0, limit);
  return { products, more: count - products.length, isReading, ...(meant && { meant }) };
}

/**
 * The product that is called exactly so, but for case and accents, if one is and no other. Much quicker than `findProducts`, which
 * finds it as well.
 *
 * @throws `aborted`
 */
export async function productNamed(
  answering: Answering,
  name: string,
  signal?: AbortSignal,
): Promise<Pick<FoundProducts, 'meant' | 'isReading'>> {
  const all = await textsOf(answering);
  if (all.isReading) return { isReading: true };
  const meant = await inTurns(onlyNamed(answering, name, all), { ...(signal && { signal }) });
  return { isReading: false, ...(meant && { meant }) };
}

/** Reads all names in the background, so that the first search need not. */
export async function prepareSearch(answering: Answering): Promise<void> {
  // Whoever searches hears of a failure.
  await Promise.allSettled([textsOfModel(answering.model, true), textsOfCatalogue(answering, true)]);
}

/** All names that are read by now, and whether some are not. */
async function textsOf(answering: Answering): Promise<AllTexts & { isReading: boolean }> {
  const [ofModel, ofCatalogue] = await Promise.all([
    soon((inBackground) => textsOfModel(answering.model, inBackground)),
    soon((inBackground) => textsOfCatalogue(answering, inBackground)),
  ]);
  return {
    ...{ ofModel: ofModel ?? createTexts(), ofCatalogue: ofCatalogue ?? noTexts },
    isReading: ofModel === undefined || ofCatalogue === undefined,
  };
}

interface AllTexts {
  readonly ofModel: Texts;
  readonly ofCatalogue: CatalogueTexts;
}

/** Products that are read in a piece: about a millisecond. */
const productsOfPiece = 2 ** 9;

const textsOfModel = oncePerModel(function* ({ products, productInfo }) {
  const texts = createTexts();
  const { length, name, category } = infoReaderOf(productInfo);
  const idOf = textAtOf(products);
  for (let row = 0; row < length; row++) {
    if (row % productsOfPiece === 0) yield;
    texts.set(row, textOf(idOf(row), name(row), category(row)));
  }
  return texts;
});

interface CatalogueTexts {
  readonly texts: Texts;
  /** By place. */
  readonly products: readonly string[];
}

/** By the entries of a shop, which last while models come and go. They are told of what is new. */
const catalogues = new WeakMap<
  object,
  { readonly read: Promise<CatalogueTexts>; readonly pace: { inBackground: boolean } }
>();
const noTexts: CatalogueTexts = { texts: createTexts(), products: [] };

async function textsOfCatalogue(answering: Answering, inBackground = false): Promise<CatalogueTexts> {
  const entries = servedBy(answering)?.catalogue.entries;
  if (!entries) return noTexts;
  const known = catalogues.get(entries);
  if (known) {
    known.pace.inBackground = inBackground;
    return known.read;
  }
  const pace = { inBackground };
  const texts = createTexts();
  const products: string[] = [];
  const places = new Map<string, number>();
  const reader: EntriesReader = {
    apply({ product, fields }) {
      const { name, category } = fields as { name?: string; category?: string | readonly string[] };
      const place = places.get(product) ?? texts.size();
      places.set(product, place);
      products[place] = product;
      texts.set(place, textOf(product, name, firstCategory(category)));
    },
    govern: async () => {},
  };
  const read = entries.attach(reader, pace).then(() => ({ texts, products }));
  catalogues.set(entries, { read, pace });
  return read;
}

function* onlyNamed(
  answering: Answering,
  name: string,
  { ofModel, ofCatalogue: { texts, products } }: AllTexts,
): Generator<undefined, KnownProduct | undefined> {
  const found = new Set<string>();
  yield* ofModel.eachNamed(name, (row) => found.add(answering.model.products[row]));
  yield* texts.eachNamed(name, (place) => found.add(products[place]));
  const [product] = found;
  return found.size === 1 ? productById(answering, product) : undefined;
}

/** @param without a product that is found already. */
function* matchesIn(
  answering: Answering,
  query: Query,
  { ofModel, ofCatalogue: { texts, products } }: AllTexts,
  limit: number,
  without: KnownProduct | undefined,
): Generator<undefined, { best: KnownProduct[]; count: number; named: number }> {
  const { signals, products: ofOrders } = answering.model;
  const popularity = signals?.popularity;
  const idOf = textAtOf(ofOrders);
  const best = createBest(limit, isBetter);
  let [count, named] = [0, 0];
  /** Rows that match by what the orders say; the catalogue may say more of them. */
  const rows = new Set<number>();

  function take(rank: number, row: number | undefined, product: string): void {
    count++;
    if (rank <= 1) named++;
    best.offer({ rank, orders: row === undefined ? 0 : (popularity?.[row] ?? 0), row, product });
  }

  yield* ofModel.eachMatch(query, (row, rank) => {
    if (row === without?.row) return;
    if (texts.size() > 0) rows.add(row);
    take(rank, row, idOf(row));
  });
  yield* texts.eachMatch(query, (place, rank) => {
    const product = products[place];
    if (product === without?.product) return;
    const row = answering.productRow(product);
    if (row === undefined || !rows.has(row)) take(rank, row, product);
  });
  return { best: best.all().map((one) => toKnown(answering, one)), count, named };
}

function toKnown(answering: Answering, { row, product }: Match): KnownProduct {
  return row === undefined ? (productById(answering, product) ?? { product, row }) : productByRow(answering, row);
}

interface Match {
  readonly rank: number;
  readonly orders: number;
  readonly row: number | undefined;
  readonly product: string;
}

function isBetter(one: Match, other: Match): boolean {
  return one.rank < other.rank || (one.rank === other.rank && one.orders > other.orders);
}
