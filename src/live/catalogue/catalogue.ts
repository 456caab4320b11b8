import * as v from 'valibot';
import type { ServedControls } from '../../recommending/serving/served.ts';
import { turn } from '../../turns.ts';
import { absent, createStandings, markField } from '../catalogue-file/standing.ts';
import { createFileWriting, type FileWriting } from '../catalogue-file/writing.ts';
import type { Columns } from '../conditions/columns.ts';
import { createNewcomers, type Newcomers } from '../scenarios/newcomers.ts';
import { exactly, optional } from '../schemas.ts';
import type { ShopIds } from '../shop-ids.ts';
import type { CatalogueEntries, Entry } from './entries.ts';
import { anyId, checkedInTurns, entriesOf, productFields } from './fields.ts';
import { catalogueLimits, checkRoom } from './limits.ts';

/** What a shop says about a product. A field that is absent is unknown, or as the orders had it. */
export interface CatalogueProduct {
  product: string | number;
  /** Whether it can be bought now. What cannot is in no list; what is not said can. */
  available?: boolean;
  /** At least 0. */
  price?: number;
  name?: string;
  /** Answers show the first of several. */
  category?: string | readonly string[];
  /** An address that begins with `http://`, `https://`, or `/`; so does that of the image. */
  url?: string;
  imageUrl?: string;
  /** Whatever else there is to say: text, numbers, true or false by name, at most 50. */
  attributes?: Readonly<Record<string, string | number | boolean>>;
}

/** Single fields to change; null removes one. */
export type CatalogueChange = Pick<CatalogueProduct, 'product'> & {
  [Field in Exclude<keyof CatalogueProduct, 'product'>]?: CatalogueProduct[Field] | null;
};

const { image_url, ...named } = productFields;
const fields = { ...named, imageUrl: image_url };
const nullable = Object.fromEntries(
  Object.entries(fields).map(([name, field]) => [name, v.nullable(field)]),
) as unknown as typeof fields;
const productEntries = entriesOf(exactly({ product: anyId, ...optional(fields) }), 'products');
const changes = entriesOf(exactly({ product: anyId, ...optional(nullable) }), 'products');

/** What the shop says of a product besides its id. */
export type CatalogueFields = Omit<CatalogueProduct, 'product'>;

/** `listed`, or not: since it is `unavailable`, or since a product file does not have it (`not-in-file`). */
export type Standing = 'listed' | 'unavailable' | 'not-in-file';

/** What the shop says, by the rows of one model. */
export interface Catalogue {
  /** Takes what was said, and from now on what is new. To be awaited before anything else. */
  open(): Promise<void>;
  /** Hears of nothing any more. */
  close(): void;
  /** @throws `invalid_options` that names the product and the field; what the store throws. */
  put(products: readonly CatalogueProduct[]): Promise<CatalogueReceipt>;
  patch(products: readonly CatalogueChange[]): Promise<CatalogueReceipt>;
  /** What the shop says of a product; undefined if it says nothing. */
  fieldsOf(product: string): CatalogueFields | undefined;
  /** What it says, whichever model is served. */
  readonly entries: Pick<CatalogueEntries, 'entryOf' | 'attach'>;
  /** Whether lists may hold a product, as far as the shop says it, and if not, why. */
  standingOf(product: string): Standing;
  /** Products that the model does not know, newest first. */
  listNewcomers: Newcomers['list'];
  /** Calls `load` with what writes a product file; what the file does not have is not listed from then on. */
  loadFile<T>(load: (writing: FileWriting) => Promise<T>): Promise<T>;
  /** Products that the file has, and that are listed. */
  listedOfFile(): number;
  counts(): CatalogueCounts;
}

export interface CatalogueCounts {
  /** Those of which something is known. */
  products: number;
  /** Those of them that cannot be bought. */
  unavailable: number;
  /** Those of them that the model does not know, which only `newProducts` lists. */
  unknown: number;
  /** Products of the model that a product file does not have, and that are not listed for that; 0 without a file. */
  notInFile: number;
}

export interface CatalogueReceipt {
  /** Products that were written. */
  accepted: number;
  /** Those that the model does not know: they are kept, and `new` lists them until a model knows them. */
  unknownProducts: string[];
}

/** Rows that are looked at before others have their turn. */
const rowsAtATime = 20_000;

/** @param products of the model, by row. */
export function createCatalogue(
  productRow: (id: string) => number | undefined,
  ids: Pick<ShopIds, 'known'>,
  { list, describe }: Pick<ServedControls, 'list' | 'describe'>,
  columns: Pick<Columns, 'set' | 'column' | 'attributes'>,
  entries: CatalogueEntries,
  products: readonly string[],
  limits = catalogueLimits,
): Catalogue {
  const standings = createStandings(products.length);
  /** Products that the model does not know, and their marks. */
  const unknown = new Map<string, number | undefined>();
  const { fieldsOf } = entries;

  const markOf = (product: string) => {
    const row = productRow(product);
    return row === undefined ? unknown.get(product) : standings.mark(row);
  };

  const newcomers = createNewcomers(fieldsOf);

  function apply({ product, fields, addedAt }: Entry): void {
    const { available, name, category } = fields;
    const mark = fields[markField] as number | undefined;
    const row = productRow(product);
    if (row === undefined) {
      unknown.set(product, mark);
      // As for those that the model knows: what a file does not have is listed if others say that it can be bought.
      newcomers.set(product, addedAt, available === true || (available !== false && mark !== absent));
      return;
    }
    columns.set(row, fields);
    standings.set(row, available as boolean | undefined, mark);
    const [first] = Array.isArray(category) ? category : [category];
    describe(row, { name: name as string | undefined, category: first as string | undefined });
    list(row, standings.mayBeListed(row));
  }

  async function govern(): Promise<void> {
    if (standings.isGoverned()) return;
    standings.govern();
    const { length } = products;
    for (let row = 0; row < length; row++) {
      if (!standings.mayBeListed(row)) list(row, false);
      if (row % rowsAtATime === rowsAtATime - 1) await turn();
    }
  }

  async function write(given: readonly { product: string | number }[], isPatch: boolean): Promise<CatalogueReceipt> {
    const written = given.map(({ product, ...fields }, i) => {
      const id = ids.known('product', product, `products[${i}].product`);
      // What the file said last stays known, so that only what changes in it is written over this.
      const mark = markOf(id) ?? (standings.isGoverned() ? absent : undefined);
      return { product: id, fields: { ...fields, ...(mark !== undefined && { [markField]: mark }) } };
    });
    const { characters, charactersOf } = entries;
    checkRoom(written, isPatch, { productRow, columns, unknown, characters, charactersOf }, limits);
    await entries.write(written, isPatch);
    const strangers = new Set(written.map(({ product }) => product).filter((id) => productRow(id) === undefined));
    return { accepted: written.length, unknownProducts: [...strangers] };
  }

  const reader = { apply, govern };

  return {
    open: () => entries.attach(reader),
    close: () => entries.detach(reader),
    put: async (given) => write(await checkedInTurns(productEntries, given, 'products'), false),
    patch: async (given) => write(await checkedInTurns(changes, given, 'products'), true),
    fieldsOf,
    entries,
    standingOf(product) {
      const available = fieldsOf(product)?.available;
      if (available !== undefined) return available ? 'listed' : 'unavailable';
      const row = productRow(product);
      const isListed = row === undefined ? unknown.get(product) !== absent : standings.mayBeListed(row);
      return isListed ? 'listed' : 'not-in-file';
    },
    listNewcomers: newcomers.list,
    loadFile: (load) =>
      entries.whileLoading(() =>
        load(createFileWriting({ products, productRow, standings, unknown }, (some) => entries.write(some, true))),
      ),
    listedOfFile: () => standings.counts().listedOfFile,
    counts() {
      const { products, unavailable, notInFile } = standings.counts();
      return { products: products + unknown.size, unavailable, unknown: unknown.size, notInFile };
    },
  };
}
