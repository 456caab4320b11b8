import { EndcapError } from '../../errors.ts';
import { attributePrefix, type Columns } from '../conditions/columns.ts';
import type { CatalogueEntry } from '../store/store.ts';

/** What the fields of a product may hold at most, in requests and in product files. */
export const productLimits = {
  price: 1e12,
  /** Characters; so are those of the next ones. */
  name: 1000,
  category: 200,
  address: 2048,
  attributeText: 1000,
  categories: 20,
  attributes: 50,
};

/** What programs may write: memory holds all of it, and nothing of it is ever forgotten. Product files have no limit. */
export const catalogueLimits = {
  /** Products that the model does not know. */
  unknown: 1_000_000,
  /** Names of attributes, of products that the model knows. */
  attributes: 1000,
  /** Characters of what is said, as JSON. */
  characters: 2 ** 30,
};

interface Had {
  productRow: (id: string) => number | undefined;
  columns: Pick<Columns, 'column' | 'attributes'>;
  /** Products that the model does not know. */
  unknown: { readonly size: number; has(product: string): boolean };
  /** Characters of all that is said, and of what is said of a product. */
  characters(): number;
  charactersOf(product: string): number;
}

/** @throws `invalid_options` if entries are more than a catalogue holds with what it has. */
export function checkRoom(
  entries: readonly CatalogueEntry[],
  isPatch: boolean,
  { productRow, columns, unknown, characters, charactersOf }: Had,
  limits = catalogueLimits,
): void {
  const strangers = new Set<string>();
  const names = new Set<string>();
  let grown = 0;
  for (const { product, fields } of entries) {
    const said = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
    grown += JSON.stringify(said).length - (isPatch ? 2 : charactersOf(product));
    if (productRow(product) === undefined) {
      if (!unknown.has(product)) strangers.add(product);
      continue;
    }
    for (const name of Object.keys(said.attributes ?? {})) if (!columns.column(attributePrefix + name)) names.add(name);
  }
  if (strangers.size > 0 && unknown.size + strangers.size > limits.unknown)
    throw full(`at most ${limits.unknown} products that the model does not know, of all that were written`);
  if (names.size > 0 && columns.attributes() + names.size > limits.attributes)
    throw full(`at most ${limits.attributes} names of attributes, of all products`);
  if (grown > 0 && characters() + grown > limits.characters)
    throw full(`at most ${limits.characters} characters, of all that is said of products`);
}

function full(expected: string): EndcapError {
  return new EndcapError('invalid_options', `products: expected ${expected}`, { option: 'products', expected });
}
