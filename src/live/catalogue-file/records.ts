/** What one line of a product file says about its product. */
import { isBlank, show } from '../../orders/cleaning/cells.ts';
import { cleanPrice, cleanQuantity, type DecimalMark } from '../../orders/cleaning/numbers.ts';
import { roles } from '../../orders/columns/roles.ts';
import { decideDecimalMark } from '../../orders/conventions/decimal-mark.ts';
import type { Look } from '../../orders/look.ts';
import { productLimits } from '../catalogue/limits.ts';
import { addFault, type CatalogueFaults } from './account.ts';
import { type AttributeValue, valueReader } from './columns/attributes.ts';
import { type Availability, availabilityIn } from './columns/availability.ts';
import { categoriesIn, usualMarks } from './columns/categories.ts';
import type { CatalogueColumns } from './columns/columns.ts';
import type { CatalogueRole } from './columns/platforms.ts';

/** The fields of a catalogue entry, by the names that the catalogue has for them. */
export interface FileFields {
  available?: boolean;
  price?: number;
  name?: string;
  category?: string | string[];
  url?: string;
  imageUrl?: string;
  attributes?: Record<string, AttributeValue>;
}

/** @returns a function that reads a line of a table that begins as `look` does; what is wrong with its cells is counted in `faults`. */
export function createFieldReader(
  columns: CatalogueColumns,
  look: Look,
  faults: CatalogueFaults,
): (cells: readonly unknown[], line: number) => FileFields {
  const { platform, of } = columns;
  const marks = platform?.categories ?? usualMarks;
  const decimalMark = decimalMarkOf(columns, look);
  const attributes = columns.attributes.map(({ column, name }) => ({ column, name, read: valueReader(look, column) }));
  const { off, path, blankIsUntracked = false } = platform ?? {};
  const columnsOf = (role: CatalogueRole) => of.get(role) ?? [];
  const [nameAt, priceAt, saleAt, urlAt, brandAt, categoryAt] = (
    ['name', 'price', 'salePrice', 'url', 'brand', 'category'] as const
  ).map((role) => columnsOf(role)[0]);
  const [availabilityAt, backordersAt, trackedAt, onSaleAt, fromAt, untilAt] = (
    ['availability', 'backorders', 'tracked', 'onSale', 'saleFrom', 'saleUntil'] as const
  ).map((role) => columnsOf(role)[0]);
  const [stockAt, publishedAt, withdrawnAt, imageAt] = (['stock', 'published', 'withdrawn', 'image'] as const).map(
    columnsOf,
  );
  let cells: readonly unknown[] = [];
  let line = 0;

  /** Text without blanks around it; '' if the cell is missing. */
  const textAt = (column: number | undefined): string => {
    if (column === undefined || isBlank(cells[column])) return '';
    return show(cells[column]).trim();
  };
  const fault = (what: Parameters<typeof addFault>[1], column: number) => addFault(faults, what, line, cells[column]);

  function saysAt(column: number | undefined): Availability | undefined {
    const text = textAt(column);
    if (text === '') return undefined;
    const says = text === off ? 'no' : availabilityIn(text);
    if (says === undefined) fault('unreadable availability', column!);
    return says;
  }

  /** Pieces in all places; undefined if nothing says how many. */
  function stock(): number | undefined {
    let sum: number | undefined;
    for (const column of stockAt) {
      const text = textAt(column);
      // WooCommerce's variants may be counted with their parent.
      if (text === '' || text === 'parent') continue;
      const says = /\d/.test(text) ? undefined : availabilityIn(text);
      const pieces = says === undefined ? cleanQuantity(cells[column], decimalMark) : says === 'no' ? 0 : 1;
      if (pieces === undefined || Number.isNaN(pieces)) fault('unreadable stock', column);
      else sum = (sum ?? 0) + Math.max(0, pieces);
    }
    return sum;
  }

  function isCounted(): boolean {
    if (trackedAt === undefined) return true;
    const text = textAt(trackedAt);
    if (text === '') return !blankIsUntracked;
    return availabilityIn(text) !== 'no';
  }

  function sellsWithout(): boolean {
    const text = textAt(backordersAt);
    if (text === '') return false;
    const says = availabilityIn(text);
    return says === 'yes' || says === 'later';
  }

  function isAvailable(): boolean | undefined {
    let says: boolean | undefined;
    for (const column of publishedAt) {
      const published = saysAt(column);
      if (published === 'no') return false;
      if (published !== undefined) says = true;
    }
    for (const column of withdrawnAt) if (saysAt(column) === 'yes') return false;
    const inWords = saysAt(availabilityAt);
    if (inWords === 'no') return false;
    if (inWords !== undefined) says = true;
    // A platform's own word takes its own stock into account; elsewhere both must say so.
    if (inWords === 'later' || (inWords === 'yes' && platform !== undefined)) return true;
    const pieces = stock();
    if (!isCounted()) return true;
    if (pieces === undefined) return says;
    return pieces > 0 || sellsWithout();
  }

  function priceIn(column: number | undefined): number | undefined {
    if (textAt(column) === '') return undefined;
    const price = cleanPrice(cells[column!], decimalMark);
    if (price >= 0 && price <= productLimits.price) return price;
    fault('unreadable price', column!);
    return undefined;
  }

  /** A sale that begins or ends at a time that cannot be read is none. */
  function isOnSale(): boolean {
    if (availabilityIn(textAt(onSaleAt)) === 'no') return false;
    const isRange = fromAt !== undefined && fromAt === untilAt;
    const [from = '', until = ''] = isRange ? textAt(fromAt).split('/') : [textAt(fromAt), textAt(untilAt)];
    const now = Date.now();
    return (from === '' || timeOf(from) <= now) && (until === '' || timeOf(until) >= now);
  }

  function price(): number | undefined {
    const regular = priceIn(priceAt);
    const sale = priceIn(saleAt);
    // Exports write 0 where there is no sale.
    if (!sale || (regular !== undefined && sale >= regular) || !isOnSale()) return regular;
    return sale;
  }

  function name(): string | undefined {
    const text = textAt(nameAt);
    if (text.length <= productLimits.name) return text || undefined;
    fault('unreadable name', nameAt!);
    return undefined;
  }

  function category(): string | string[] | undefined {
    if (categoryAt === undefined) return undefined;
    const cell = cells[categoryAt];
    const text = Array.isArray(cell)
      ? cell.filter((one) => typeof one === 'string').join(marks.between[0])
      : textAt(categoryAt);
    const categories = categoriesIn(text, marks);
    if (categories === undefined) fault('unreadable category', categoryAt);
    if (categories === undefined || categories.length === 0) return undefined;
    return categories.length === 1 ? categories[0] : categories;
  }

  function url(): string | undefined {
    const text = textAt(urlAt);
    if (text === '') return undefined;
    const address = addressIn(path === undefined ? text : path + encodeURIComponent(text));
    if (address === undefined) fault('unreadable url', urlAt!);
    return address;
  }

  function imageUrl(): string | undefined {
    for (const column of imageAt) {
      const cell = cells[column];
      const text = Array.isArray(cell) ? show(cell[0] ?? '') : textAt(column);
      if (text === '') continue;
      // The first of several; a comma may belong to an address.
      const address = addressIn(text.split(/\s*[|;]\s*|\s+|,\s*(?=https?:|\/)/)[0]);
      if (address !== undefined) return address;
      fault('unreadable image url', column);
    }
    return undefined;
  }

  function attributesOf(): FileFields['attributes'] {
    const found: NonNullable<FileFields['attributes']> = {};
    const brand = textAt(brandAt);
    if (brand !== '' && brand.length <= productLimits.attributeText) found.brand = brand;
    for (const { column, name, read } of attributes) {
      if (isBlank(cells[column])) continue;
      const value = read(cells[column]);
      if (value === undefined) fault('unreadable attribute', column);
      else if (name !== '__proto__') found[name] = value;
    }
    return Object.keys(found).length > 0 ? found : undefined;
  }

  return (given, at) => {
    cells = given;
    line = at;
    const fields: FileFields = {
      available: isAvailable(),
      price: price(),
      name: name(),
      category: category(),
      url: url(),
      imageUrl: imageUrl(),
      attributes: attributesOf(),
    };
    for (const key of Object.keys(fields) as (keyof FileFields)[]) if (fields[key] === undefined) delete fields[key];
    return fields;
  };
}

function decimalMarkOf({ of }: CatalogueColumns, look: Look): DecimalMark {
  const [price = -1] = of.get('price') ?? of.get('salePrice') ?? [];
  const columns = roles.map((role) => (role === 'price' ? price : -1));
  return decideDecimalMark(look, columns, 'auto').mark;
}

/** Milliseconds since 1970; NaN if it cannot be read. */
function timeOf(text: string): number {
  return Date.parse(text.trim().replace(/^(\d{4}-\d\d-\d\d) (?=\d)/, '$1T'));
}

function addressIn(text: string): string | undefined {
  return text.length <= productLimits.address && /^(https?:\/)?\//.test(text) ? text : undefined;
}

/** What several lines about one product say: it is available if any of them is, and costs what the cheapest does. */
export function merged(before: FileFields, { available, price, attributes, ...rest }: FileFields): FileFields {
  const all: FileFields = { ...rest, ...before };
  if (available !== undefined) all.available = available || before.available === true;
  if (price !== undefined) all.price = Math.min(price, before.price ?? price);
  if (attributes !== undefined) all.attributes = { ...attributes, ...before.attributes };
  return all;
}
