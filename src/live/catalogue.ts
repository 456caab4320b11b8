import * as z from 'zod';
import type { ServedControls } from '../recommending/serving/served.ts';
import type { Columns } from './conditions/columns.ts';
import { anyId, checked, entriesOf, exactly, productFields } from './fields.ts';
import { createNewcomers, type Newcomers } from './scenarios/newcomers.ts';
import type { ShopIds } from './shop-ids.ts';
import type { CatalogueEntry, ShopStore, StoredEntry } from './store/store.ts';

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
  Object.entries(fields).map(([name, field]) => [name, field.nullable()]),
) as unknown as typeof fields;
const products = entriesOf(exactly({ product: anyId, ...z.object(fields).partial().shape }), 'products');
const changes = entriesOf(exactly({ product: anyId, ...z.object(nullable).partial().shape }), 'products');

/** What the shop says of a product besides its id. */
export type CatalogueFields = Omit<CatalogueProduct, 'product'>;

export interface Catalogue {
  /** @throws `invalid_options` that names the product and the field; what the store throws. */
  put(products: readonly CatalogueProduct[]): Promise<CatalogueReceipt>;
  patch(products: readonly CatalogueChange[]): Promise<CatalogueReceipt>;
  /** Reads what is new in the store. */
  follow(): Promise<void>;
  /** What the shop says of a product; undefined if it says nothing. */
  fieldsOf(product: string): CatalogueFields | undefined;
  /** Products that the model does not know, newest first. */
  listNewcomers: Newcomers['list'];
  /** Products that may not be listed, and products that the model does not know, which only `new` lists. */
  counts(): { products: number; unavailable: number; unknown: number };
}

export interface CatalogueReceipt {
  /** Products that were written. */
  accepted: number;
  /** Those that the model does not know: they are kept, and `new` lists them until a model knows them. */
  unknownProducts: string[];
}

/** Entries that are read at a time. */
const pageSize = 1000;

/** @param store where it is kept; in memory if undefined. */
export function createCatalogue(
  productRow: (id: string) => number | undefined,
  ids: Pick<ShopIds, 'known'>,
  { list, describe }: Pick<ServedControls, 'list' | 'describe'>,
  columns: Pick<Columns, 'set'>,
  store: ShopStore | undefined,
): Catalogue {
  /** As JSON by product: objects would take several times the memory. */
  const said = new Map<string, string>();
  /** When products were first said, if there is no store to remember it. */
  const added = new Map<string, number>();
  const known = new Set<number>();
  const unavailable = new Set<number>();
  const unknown = new Set<string>();
  let read = 0;
  let following: Promise<void> = Promise.resolve();

  const fieldsOf = (product: string): CatalogueFields | undefined => {
    const json = said.get(product);
    return json === undefined ? undefined : JSON.parse(json);
  };

  const newcomers = createNewcomers(fieldsOf);

  function apply({ product, fields, addedAt }: Omit<StoredEntry, 'seq'>): void {
    said.set(product, JSON.stringify(fields));
    const { available, name, category } = fields;
    const row = productRow(product);
    if (row === undefined) {
      unknown.add(product);
      newcomers.set(product, addedAt, available !== false);
      return;
    }
    known.add(row);
    if (available === false) unavailable.add(row);
    else unavailable.delete(row);
    columns.set(row, fields);
    const [first] = Array.isArray(category) ? category : [category];
    describe(row, { name: name as string | undefined, category: first as string | undefined });
    list(row, available !== false);
  }

  async function readOn(): Promise<void> {
    for (;;) {
      const entries = await store!.productsAfter(read, pageSize);
      for (const entry of entries) apply(entry);
      read = entries.at(-1)?.seq ?? read;
      if (entries.length < pageSize) return;
    }
  }

  function follow(): Promise<void> {
    if (!store) return Promise.resolve();
    const next = following.then(readOn);
    following = next.catch(() => {});
    return next;
  }

  function keep(entries: readonly CatalogueEntry[], isPatch: boolean): void {
    const now = Date.now();
    for (const { product, fields } of entries) {
      const merged: Record<string, unknown> = { ...(isPatch && fieldsOf(product)), ...fields };
      for (const [name, value] of Object.entries(merged)) if (value === null) delete merged[name];
      const addedAt = added.get(product) ?? now;
      added.set(product, addedAt);
      apply({ product, fields: merged, addedAt });
    }
  }

  async function write(given: readonly { product: string | number }[], isPatch: boolean): Promise<CatalogueReceipt> {
    const entries = given.map(({ product, ...fields }, i) => ({
      product: ids.known('product', product, `products[${i}].product`),
      fields,
    }));
    if (store) {
      await (isPatch ? store.patchProducts(entries) : store.putProducts(entries));
      // What the store has is read again, since others may have written at the same time.
      await follow();
    } else keep(entries, isPatch);
    const strangers = new Set(entries.map(({ product }) => product).filter((id) => productRow(id) === undefined));
    return { accepted: entries.length, unknownProducts: [...strangers] };
  }

  return {
    put: async (given) => write(checked(products, given, 'products'), false),
    patch: async (given) => write(checked(changes, given, 'products'), true),
    follow,
    fieldsOf,
    listNewcomers: newcomers.list,
    counts: () => ({
      products: known.size + unknown.size,
      unavailable: unavailable.size,
      unknown: unknown.size,
    }),
  };
}
