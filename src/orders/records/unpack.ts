import { isBlank } from '../cleaning/cells.ts';
import type { Look } from '../look.ts';
import type { CountedForm, Packing, Unpacking } from '../plan.ts';
import { numberedFamilies, numberedItems, onePiece } from './numbered.ts';
import { jsonItems, unpackCell } from './packing.ts';

/** Cells of a column that are looked at. */
const sampleSize = 200;
/** Parts of the cells of a column that must be packed in the same way. */
const enough = 0.9;

/** Names, or parts of names, of a field that counts items, of one that identifies a product, and of one that cannot. */
const quantityKey = /qty|quantity|quantit|cantidad|menge|anzahl|st(ü|ue?)ck|aantal|count|units|pieces|^qte|数量/i;
const productKey =
  /sku|product|item|article|artikel|produ[ik]t|prodott|articul|artícul|^id$|^name$|title|asin|^ean$|isbn|upc|^code|^ref|bezeichnung|^nom|商品/i;
const otherKey =
  /price|cost|total|amount|discount|tax|weight|variant|option|preis|prix|precio|prezzo|status|date|type/i;

/** Names of columns that hold the items of an order. */
const itemsName =
  /items|products|articles|artikel|positionen|basket|cart|warenkorb|contents|produits|articulos|artículos|productos|articoli|prodotti|producten|商品/i;

/**
 * Finds the items of an order in one cell, or in numbered columns, and makes a record of each.
 *
 * @returns a look at the unpacked records, whose items are in columns after those of the source, and how to unpack others;
 *   the look as it is if every record holds one item.
 */
export function unpackLook(look: Look): { look: Look; unpacking?: Unpacking } {
  const unpacking = findPacked(look) ?? findNumbered(look);
  if (unpacking === undefined) return { look };
  const unpack = createUnpacker(unpacking);
  const records: unknown[][] = [];
  const runs: number[] = [];
  const packed = new Set(packedColumns(unpacking));
  look.records.forEach((cells, index) => {
    if (look.runs.includes(index)) runs.push(records.length);
    const record = Array.from({ length: unpacking.width }, (_, column) =>
      packed.has(column) ? undefined : cells[column],
    );
    unpack(cells, (item) => records.push([...record, ...item]));
  });
  const names = [...look.names, ...unpacking.names];
  return { look: { ...look, names, records, runs }, unpacking };
}

/** The columns of the source whose cells hold the items. */
export function packedColumns({ items }: Unpacking): readonly number[] {
  return 'packing' in items ? items.columns : items.flat().filter((column) => column >= 0);
}

/**
 * Returns a function that calls `take` with the values of every item in a record, or once with blanks if it holds none. It
 * returns the cell that could not be read, after no call.
 */
export function createUnpacker({ names, items }: Unpacking) {
  const nothing = names.map(() => '');
  return (cells: readonly unknown[], take: (item: readonly unknown[]) => void): unknown => {
    if (!('packing' in items)) {
      const rows = numberedItems(items, cells);
      for (const row of rows.length > 0 ? rows : [nothing]) take(row);
      return undefined;
    }
    const found: unknown[][] = [];
    for (const column of items.columns) {
      if (isBlank(cells[column])) continue;
      const rows = unpackCell(items.packing, cells[column]);
      if (rows === undefined) return cells[column];
      found.push(...rows);
    }
    for (const row of found.length > 0 ? found : [nothing]) take(row);
    return undefined;
  };
}

interface Found {
  readonly packing: Packing;
  readonly keys: readonly string[];
  readonly columns: readonly number[];
  readonly filled: number;
}

function findPacked(look: Look): Unpacking | undefined {
  const families = numberedFamilies(look.names).filter(({ name }) => isProductKey(name));
  const places = [
    ...families.map(({ name, columns }) => ({ name: `${name}s`, columns: [...columns.values()] })),
    ...look.names.map((name, column) => ({ name, columns: [column] })),
  ];
  let best: Found | undefined;
  for (const { name, columns } of places) {
    const cells = sample(look, columns);
    const packing = cells.length > 0 ? packingOf(cells, name) : undefined;
    if (packing === undefined || (best !== undefined && cells.length <= best.filled)) continue;
    best = { packing, keys: keysOf(packing), columns, filled: cells.length };
  }
  if (best === undefined) return undefined;
  const base = look.names[best.columns[0]].replace(/[\s_#.-]*\d+$/, '') || 'item';
  return {
    width: look.names.length,
    names: best.keys.map((key) => `${base}.${key}`),
    items: { packing: best.packing, columns: best.columns },
  };
}

/** The first filled cells of the columns together. */
function sample(look: Look, columns: readonly number[]): unknown[] {
  const cells: unknown[] = [];
  for (const record of look.records) {
    for (const column of columns) if (!isBlank(record[column])) cells.push(record[column]);
    if (cells.length >= sampleSize) break;
  }
  return cells;
}

function keysOf(packing: Packing): readonly string[] {
  return packing.kind === 'counted' ? ['product', 'quantity'] : packing.keys;
}

/** How items are packed in most of the cells; undefined if they hold one value each. */
function packingOf(cells: readonly unknown[], name: string): Packing | undefined {
  return jsonPacking(cells) ?? fieldsPacking(cells) ?? countedPacking(cells, name);
}

function jsonPacking(cells: readonly unknown[]): Packing | undefined {
  if (typeof cells[0] === 'string' && !/^\s*[[{]/.test(cells[0])) return undefined;
  const items = cells.map(jsonItems).filter((found) => found !== undefined);
  if (items.length < enough * cells.length) return undefined;
  const keys = [...new Set(items.flat().flatMap((item) => [...item.keys()]))];
  return areOfItems(keys) ? { kind: 'json', keys } : undefined;
}

function isProductKey(key: string): boolean {
  return productKey.test(key) && !quantityKey.test(key) && !otherKey.test(key);
}

function areOfItems(keys: readonly string[]): boolean {
  return keys.some((key) => quantityKey.test(key)) && keys.some(isProductKey);
}

/** Needs no tables of letters, which take long to set up. */
const mayBeginWithKey = /^\s*[^\s\d][^:=]*[:=]/;
const firstKey = /^\s*([\p{L}_][^:=;|,\n]{0,39}?)\s*[:=]/u;
const laterKey = /([;|,\n])\s*([\p{L}_][^:=;|,\n]{0,39}?)\s*[:=]/gu;

function fieldsPacking(cells: readonly unknown[]): Packing | undefined {
  const texts = cells.filter((cell) => typeof cell === 'string');
  if (!texts.some((text) => mayBeginWithKey.test(text))) return undefined;
  const first = mostFrequent(texts.flatMap((text) => firstKey.exec(text)?.[1] ?? []));
  if (first === undefined) return undefined;
  const cellsWith = new Map<string, number>();
  const between: string[] = [];
  const within: string[] = [];
  for (const text of texts) {
    const found = new Set<string>();
    for (const [, sign, key] of text.matchAll(laterKey)) {
      if (key === first) between.push(sign);
      else found.add(key);
      if (key !== first) within.push(sign);
    }
    for (const key of found) cellsWith.set(key, (cellsWith.get(key) ?? 0) + 1);
  }
  const keys = [first, ...[...cellsWith].filter(([, count]) => count >= 0.2 * texts.length).map(([key]) => key)];
  if (!areOfItems(keys)) return undefined;
  const inside = mostFrequent(within)!;
  const packing: Packing = {
    kind: 'fields',
    keys,
    between: mostFrequent(between) ?? (inside === ';' ? '|' : ';'),
    within: inside,
  };
  return share(packing, cells) >= enough ? packing : undefined;
}

function countedPacking(cells: readonly unknown[], name: string): Packing | undefined {
  let best: { packing: Packing; items: number } | undefined;
  const isItems = itemsName.test(name);
  const texts = cells.filter((cell) => typeof cell === 'string');
  for (const between of [';', '|', '\n', ',', ' + ', ' & ', ' / ', '<br>']) {
    if (!isItems && !texts.some((text) => text.includes(between))) continue;
    for (const form of ['before', 'after', 'brackets', 'colon'] as CountedForm[]) {
      const packing: Packing = { kind: 'counted', form, between };
      if (form === 'colon' && !isItems) continue;
      if (unpackCell(packing, cells[0]) === undefined && unpackCell(packing, cells[1]) === undefined) continue;
      if (share(packing, cells) < enough) continue;
      const items = cells.reduce<number>((sum, cell) => sum + (unpackCell(packing, cell)?.length ?? 0), 0);
      if (best === undefined || items > best.items) best = { packing, items };
    }
  }
  // A product may be called "2 x 500 g honey": one item in every cell does not show that cells hold lists.
  return best !== undefined && (best.items > cells.length || isItems) ? best.packing : undefined;
}

function share(packing: Packing, cells: readonly unknown[]): number {
  return cells.filter((cell) => unpackCell(packing, cell) !== undefined).length / cells.length;
}

function mostFrequent(texts: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].reduce<[string, number] | undefined>(
    (a, b) => (a === undefined || b[1] > a[1] ? b : a),
    undefined,
  )?.[0];
}

const described = /price|cost|total|name|title|description|categor|preis|prix|precio|prezzo/i;

function findNumbered(look: Look): Unpacking | undefined {
  const families = numberedFamilies(look.names);
  const products = families.filter(({ name }) => isProductKey(name));
  const main = products.find(({ columns }) => [...columns.values()].some((column) => isFilled(look, column)));
  if (main === undefined) return undefined;
  const numbers = [...main.columns.keys()];
  const parts = families.filter(
    ({ name, prefix, columns }) =>
      columns.has(numbers[1]) &&
      (prefix === main.prefix ||
        products.some((family) => family.name === name) ||
        quantityKey.test(name) ||
        described.test(name)),
  );
  const counted = parts.some(({ name }) => quantityKey.test(name));
  // Without quantities, only the name can tell products from the lines of an address or the options of a product.
  if (!counted && !(itemsName.test(`${main.name}s`) && fillsInOrder(look, [...main.columns.values()])))
    return undefined;
  return {
    width: look.names.length,
    names: [...parts.map(({ name }) => name), ...(counted ? [] : ['quantity'])],
    items: numbers.map((number) => [
      ...parts.map(({ columns }) => columns.get(number) ?? -1),
      ...(counted ? [] : [onePiece]),
    ]),
  };
}

function isFilled(look: Look, column: number): boolean {
  return look.records.some((cells) => !isBlank(cells[column]));
}

/** Whether a later column is filled only where the ones before it are. */
function fillsInOrder(look: Look, columns: readonly number[]): boolean {
  return look.records.every((cells) => {
    const filled = columns.map((column) => !isBlank(cells[column]));
    return !filled.includes(false) || filled.lastIndexOf(true) < filled.indexOf(false);
  });
}
