import type { CountedForm, Packing } from '../plan.ts';

/** The items in a cell, each with the values of its keys; undefined if the cell is written in another way. */
export function unpackCell(packing: Packing, cell: unknown): unknown[][] | undefined {
  if (packing.kind === 'json') return fromJson(packing.keys, cell);
  if (typeof cell !== 'string') return undefined;
  return packing.kind === 'fields' ? fromFields(packing, cell) : fromCounted(packing, cell);
}

/** A field that the look did not show, rather than text. */
const unknownField = /^\s*[a-z][a-z0-9_]*:\S/;
const assignment = /^\s*([\p{L}_][^:=;|\n]{0,39}?)\s*[:=]\s*(.*)$/su;

/**
 * Reads `name:Green tea|sku:T1|quantity:2;name:...`. A backslash before a sign that separates makes it text. What follows
 * a sign but does not begin with a key is text, too: values may contain the same signs.
 */
function fromFields({ keys, between, within }: Packing & { kind: 'fields' }, cell: string): string[][] | undefined {
  const places = new Map(keys.map((key, index) => [key.toLowerCase(), index]));
  const rows: string[][] = [];
  let row: string[] = [];
  let place = -1;
  const text = hideEscapes(cell).trim();
  for (const { part, sign } of split(text.endsWith(between) ? text.slice(0, -between.length) : text, [
    between,
    within,
  ])) {
    const [, key = '', value = ''] = assignment.exec(part) ?? [];
    const found = places.get(key.toLowerCase()) ?? -1;
    if (found === -1) {
      if (place === -1) return undefined;
      if (sign === within && unknownField.test(part)) continue;
      row[place] += sign + part;
      continue;
    }
    if (found === 0) {
      row = keys.map(() => '');
      rows.push(row);
    } else if (rows.length === 0 || row[found] !== '') return undefined;
    row[found] = value;
    place = found;
  }
  for (const values of rows) for (let i = 0; i < values.length; i++) values[i] = showEscapes(values[i]).trim();
  return rows.length > 0 ? rows : undefined;
}

/** The parts of a text between any of the signs, each with the sign before it. */
function split(text: string, signs: readonly string[]): { part: string; sign: string }[] {
  const parts: { part: string; sign: string }[] = [];
  let from = 0;
  let sign = '';
  for (let at = 0; at < text.length; at++) {
    const found = signs.find((candidate) => text.startsWith(candidate, at));
    if (found === undefined) continue;
    parts.push({ part: text.slice(from, at), sign });
    sign = found;
    from = at + found.length;
    at = from - 1;
  }
  parts.push({ part: text.slice(from), sign });
  return parts;
}

/** Characters for private use stand for signs after a backslash while a cell is split. */
const hidden = 0xe000;

function hideEscapes(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([\\:;|,=])/g, (_, sign: string) => String.fromCharCode(hidden + sign.charCodeAt(0)));
}

function showEscapes(text: string): string {
  return text.replace(/[\ue000-\ue07f]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - hidden));
}

const number = String.raw`\d+(?:[.,]\d+)?`;
/** A price after an item is not part of its name. */
const price = String.raw`(?:\s*(?:@|à|\()\s*[€$£]?\s*\d+(?:[.,]\d+)?\s*[€$£]?\s*\)?)?`;

const countedForms: Record<CountedForm, RegExp> = {
  before: new RegExp(
    `^(?<count>${number})\\s*(?:[x×✕*]\\s*|(?:pcs|pc|stk|st)\\.?\\s+)(?<product>\\S.*?)${price}$`,
    'isu',
  ),
  after: new RegExp(`^(?<product>\\S.*?)(?:\\s+x\\s*|\\s*[×✕*]\\s*)(?<count>${number})${price}$`, 'isu'),
  brackets: new RegExp(
    `^(?<product>\\S.*?)\\s*[([]\\s*(?:x\\s*|×\\s*|qty:?\\s*)?(?<count>${number})\\s*[x×]?\\s*[)\\]]$`,
    'isu',
  ),
  colon: new RegExp(`^(?<product>[^:=]*\\S)\\s*[:=]\\s*(?<count>${number})$`, 'su'),
};

/** An item is no longer than this, which also bounds the steps that the patterns take. */
const maxItem = 1000;

/**
 * Reads `2x Green tea; 1x Cup`. A part without a number belongs to the one before it, or after it if numbers come last:
 * names may contain the sign between items.
 */
function fromCounted({ form, between }: Packing & { kind: 'counted' }, cell: string): string[][] | undefined {
  const rows: string[][] = [];
  const pattern = countedForms[form];
  let pending = '';
  const parts = cell.split(between);
  for (const part of parts[parts.length - 1].trim() === '' ? parts.slice(0, -1) : parts) {
    const text = pending + part;
    if (text.length > maxItem) return undefined;
    const { product, count } = pattern.exec(text.trim())?.groups ?? {};
    if (product !== undefined) {
      rows.push([product, count]);
      pending = '';
    } else if (form === 'before' && rows.length > 0) rows[rows.length - 1][0] += between + part.trimEnd();
    else pending = text + between;
  }
  return rows.length > 0 && pending === '' ? rows : undefined;
}

/** Reads an array of objects, or an object with one, or an array of ids, which count as one each. */
function fromJson(keys: readonly string[], cell: unknown): unknown[][] | undefined {
  const items = jsonItems(cell);
  return items?.map((item) => keys.map((key) => item.get(key)));
}

/** The plain values of every item by dotted keys; undefined if the cell holds no list of items. */
export function jsonItems(cell: unknown): Map<string, unknown>[] | undefined {
  if (typeof cell !== 'string' && typeof cell !== 'object') return undefined;
  try {
    return itemsIn(typeof cell === 'string' ? parseJson(cell) : cell);
  } catch {
    // Not every object of a caller can be looked into.
    return undefined;
  }
}

function itemsIn(list: unknown): Map<string, unknown>[] | undefined {
  let value = list;
  if (isObject(value)) value = Object.values(value).find((inner) => Array.isArray(inner)) ?? [value];
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const items: Map<string, unknown>[] = [];
  for (const item of value) {
    const fields = new Map<string, unknown>();
    if (isObject(item)) addFields(fields, '', item);
    else if (typeof item === 'string' || typeof item === 'number') fields.set('product', item).set('quantity', 1);
    if (fields.size === 0) return undefined;
    items.push(fields);
  }
  return items;
}

function addFields(fields: Map<string, unknown>, prefix: string, object: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(object)) {
    if (!isObject(value)) fields.set(prefix + key, Array.isArray(value) ? undefined : value);
    else if (prefix === '') addFields(fields, `${key}.`, value);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is not closed ends with the text: a search for its end from every quote would take the square of the length. */
const pythonToken = /'((?:[^'\\]|\\.?)*)(?:'|$)|"(?:[^"\\]|\\.?)*(?:"|$)|\b(?:None|True|False|nan)\b/gs;
const pythonWords: Record<string, string> = { None: 'null', True: 'true', False: 'false', nan: 'null' };

function parseJson(text: string): unknown {
  const start = /^\s*[[{]/.test(text);
  if (!start) return undefined;
  for (const candidate of [() => text, () => text.replace(pythonToken, jsonToken)]) {
    try {
      return JSON.parse(exactIntegers(candidate()));
    } catch {}
  }
  return undefined;
}

function jsonToken(token: string, inside: string | undefined): string {
  if (inside !== undefined) return JSON.stringify(inside.replace(/\\(.)/gs, '$1'));
  return pythonWords[token] ?? token;
}

const stringOrLongInteger = /"(?:[^"\\]|\\.?)*(?:"|$)|(?<![\w.+-])-?\d{16,}(?![\w.+-])/gs;

/** Makes text of integers that a number cannot hold. */
function exactIntegers(text: string): string {
  return text.replace(stringOrLongInteger, (token) => (token.startsWith('"') ? token : `"${token}"`));
}
