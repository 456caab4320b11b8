import type { Model } from '../../model/model.ts';
import { infoReaderOf } from '../../model/texts.ts';
import { finish } from '../../turns.ts';
import { type CodedColumn, createCodedColumn } from './coded-column.ts';
import { fillRows } from './fill.ts';
import { createHashedColumn } from './hashed-column.ts';

export type Value = string | number | boolean;
export type Kind = 'string' | 'number' | 'boolean';

/** What a condition asks of a field: one of these values, or a number within these bounds. */
export interface Test {
  readonly values?: ReadonlySet<Value>;
  readonly min: number;
  readonly max: number;
}

/** A field of all products, by row. */
export interface Column {
  /** What its values are. */
  kinds(): readonly Kind[];
  /** Whether a product meets a test; one without a value meets none. */
  meets(row: number, test: Test): boolean;
  /** Writes a bit for each row of words `[from, to)`, from `words[0]` on, which are 0 before. */
  fill(test: Test, words: Uint32Array, from: number, to: number): void;
}

/** What the shop and, where it does not say, the orders know of products. */
export interface Columns {
  /** Products. */
  readonly count: number;
  /** Takes what the shop says of a product, in place of what it said before. */
  set(row: number, fields: Readonly<Record<string, unknown>>): void;
  /** Another number after each product that was written. */
  version(): number;
  /** By name, such as `price` or `attributes.organic`; undefined if there is none. */
  column(field: string): Column | undefined;
  /** How many attributes there are, by name. */
  attributes(): number;
  /** The names of all fields. */
  fields(): string[];
}

export const attributePrefix = 'attributes.';

/**
 * @param nameOf what a product is called right now.
 * @param saidOf what the shop says of a product right now.
 */
export function createColumns(...given: Parameters<typeof columnsIn>): Columns {
  return finish(columnsIn(...given));
}

/** Products that are taken in in a piece of the work: some tenths of a millisecond. */
const productsOfPiece = 2 ** 12;

/** The same a piece at a time, for those who have others waiting. */
export function* columnsIn(
  { productInfo }: Pick<Model, 'productInfo'>,
  nameOf: (row: number) => string | undefined,
  saidOf: (row: number) => { readonly url?: string; readonly imageUrl?: string } | undefined = () => undefined,
): Generator<undefined, Columns> {
  const info = infoReaderOf(productInfo);
  const count = info.length;
  const unavailable = new Set<number>();
  const category = createCodedColumn(count);
  const url = createHashedColumn(count, (row) => saidOf(row)?.url);
  const imageUrl = createHashedColumn(count, (row) => saidOf(row)?.imageUrl);
  /** Those that the shop says, and NaN where it does not; made when it says one. */
  let prices: Float64Array | undefined;
  const attributes = new Map<string, CodedColumn>();
  for (let row = 0; row < count; row++) {
    if (row % productsOfPiece === 0) yield;
    category.set(row, info.category(row) || undefined);
  }

  function priceOf(row: number): number {
    const said = prices ? prices[row] : Number.NaN;
    return Number.isNaN(said) ? (info.price(row) ?? Number.NaN) : said;
  }

  function setPrice(row: number, price: number | undefined): void {
    if (price !== undefined) prices ??= new Float64Array(count).fill(Number.NaN);
    if (prices) prices[row] = price ?? Number.NaN;
  }

  const fixed: Readonly<Record<string, Column>> = {
    available: columnOf('boolean', count, (row) => !unavailable.has(row)),
    price: columnOf('number', count, priceOf),
    name: columnOf('string', count, nameOf),
    // Also if no product has one.
    category: { ...category, kinds: () => ['string'] },
    url,
    image_url: imageUrl,
  };
  let version = 0;
  /** The names of the attributes of each product. */
  const named = createCodedColumn(count);

  function setAttributes(row: number, given: Readonly<Record<string, Value>>): void {
    for (const name of named.valuesAt(row) as readonly string[]) {
      if (Object.hasOwn(given, name)) continue;
      const column = attributes.get(name)!;
      column.set(row, undefined);
      if (column.known() === 0) attributes.delete(name);
    }
    const names = Object.keys(given);
    for (const name of names) {
      const column = attributes.get(name) ?? createCodedColumn(count);
      attributes.set(name, column);
      column.set(row, given[name]);
    }
    named.set(row, names);
  }

  return {
    count,
    set(row, fields) {
      version++;
      if (fields.available === false) unavailable.add(row);
      else unavailable.delete(row);
      category.set(row, (fields.category as string | string[] | undefined) ?? (info.category(row) || undefined));
      setPrice(row, fields.price as number | undefined);
      url.set(row, fields.url as string | undefined);
      imageUrl.set(row, fields.imageUrl as string | undefined);
      setAttributes(row, (fields.attributes as Record<string, Value> | undefined) ?? {});
    },
    version: () => version,
    column: (field) =>
      field.startsWith(attributePrefix)
        ? attributes.get(field.slice(attributePrefix.length))
        : Object.hasOwn(fixed, field)
          ? fixed[field]
          : undefined,
    attributes: () => attributes.size,
    fields: () => [...Object.keys(fixed), ...[...attributes.keys()].map((name) => attributePrefix + name).sort()],
  };
}

/** A column of values that few products share. */
function columnOf(kind: Kind, count: number, valueAt: (row: number) => Value | undefined): Column {
  function tester({ values, min, max }: Test): (row: number) => boolean {
    if (!values) return (row) => (valueAt(row) as number) >= min && (valueAt(row) as number) <= max;
    return (row) => {
      const value = valueAt(row);
      return value !== undefined && values.has(value);
    };
  }
  return {
    kinds: () => [kind],
    meets: (row, test) => tester(test)(row),
    fill: (test, words, from, to) => fillRows(words, from, to, count, tester(test)),
  };
}

/** What settings may name, which are checked before any model is open: the fields of all catalogues, and those of the first model. */
export function columnsOf(
  models: Iterable<{ readonly columns: Pick<Columns, 'fields'> }>,
): Pick<Columns, 'column' | 'fields'> {
  const noProducts = createColumns({ productInfo: [] }, () => undefined);
  return {
    column: noProducts.column,
    fields() {
      const [served] = models;
      return (served?.columns ?? noProducts).fields();
    },
  };
}
