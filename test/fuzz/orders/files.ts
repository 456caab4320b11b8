/** Writes an export as a file, in any of the ways in which shops' software and people do it, and in some that fail. */
import { gzipSync } from 'node:zlib';
import type { ReadOptions } from '../../../src/orders/options.ts';
import { encodings } from '../../../src/orders/options.ts';
import { timeUnits } from '../../../src/orders/times/calendar.ts';
import type { Random } from '../../../src/random.ts';
import { zipOf } from '../../orders/sources/zip-files.ts';
import { chance, mutateBytes, pick, several } from '../draw.ts';
import type { Export } from './records.ts';

export interface OrderFile {
  name: string;
  bytes: Uint8Array;
  options: ReadOptions;
}

/** From this size on, CSV is read on threads. */
const threadedBytes = 8 << 20;

export function anyFile(random: Random, records: Export): OrderFile {
  const format = pick(random, ['csv', 'csv', 'tsv', 'jsonl', 'jsonl', 'json', 'txt']);
  const text = format.startsWith('json') ? jsonText(random, records) : separated(random, records, format);
  const options = optionsFor(random, format);
  let bytes: Uint8Array = encoded(random, text);
  if (chance(random, 1 / 5000)) bytes = repeated(bytes);
  if (chance(random, 0.25)) bytes = mutateBytes(random, bytes);
  let name = `orders.${pick(random, [format, format, format, 'data'])}`;
  if (chance(random, 0.15)) {
    bytes = gzipSync(bytes, { level: 1 });
    if (chance(random, 0.1)) bytes = Buffer.concat([bytes, bytes]);
    if (chance(random, 0.3)) bytes = mutateBytes(random, bytes);
    if (chance(random, 0.5)) name += '.gz';
  } else if (chance(random, 0.1)) {
    bytes = zipOf(several(1 + random.below(3), () => ({ name: `${random.below(4)}/${name}`, content: bytes })));
    if (chance(random, 0.5)) bytes = mutateBytes(random, bytes);
  }
  return { name, bytes, options };
}

function optionsFor(random: Random, format: string): ReadOptions {
  return {
    ...(chance(random, 0.1) && { format: pick(random, ['csv', 'tsv', 'json', 'jsonl', 'parquet', 'auto']) }),
    ...(chance(random, 0.1) && { encoding: pick(random, ['auto', ...encodings]) }),
    ...(chance(random, 0.1) && { dateOrder: pick(random, ['auto', 'mdy', 'dmy']) }),
    ...(chance(random, 0.1) && { decimal: pick(random, ['auto', 'comma', 'point']) }),
    ...(chance(random, 0.1) && { timeUnit: pick(random, ['auto', ...timeUnits]) }),
    ...(chance(random, 0.2) && { duplicates: pick(random, ['keep', 'drop']) }),
    ...(chance(random, 0.2) && { lines: true }),
    ...(format === 'csv' && chance(random, 0.1) && { delimiter: pick(random, [';', '\t', '|', ' ', 'x', '\0', '€']) }),
    ...(chance(random, 0.1) && {
      columns: pick(random, [{ quantity: false }, { order: false }, { time: false }, { customer: 'user' }] as const),
    }),
  };
}

function separated(random: Random, { header, rows }: Export, format: string): string {
  const separator = format === 'tsv' ? '\t' : pick(random, [',', ',', ';', '|', '\t']);
  const end = pick(random, ['\n', '\n', '\r\n', '\r']);
  const quoting = pick(random, ['needed', 'needed', 'always', 'never']);
  const cell = (value: unknown): string => {
    const text =
      value instanceof Date ? isoOf(value) : typeof value === 'object' ? JSON.stringify(value) : String(value);
    const isQuoted = quoting === 'always' || (quoting === 'needed' && /["\r\n]/.test(text)) || text.includes(separator);
    return isQuoted && quoting !== 'never' ? `"${text.replaceAll('"', chance(random, 0.98) ? '""' : '"')}"` : text;
  };
  const lines = [header, ...rows].map((row) => row.map(cell).join(separator));
  if (chance(random, 0.05)) lines.unshift(`sep=${separator}`);
  return lines.join(end) + (chance(random, 0.7) ? end : '');
}

/** JSON lines, an array, or an object around one; flat, or with the records as items of orders. */
function jsonText(random: Random, records: Export): string {
  const lines = jsonLines(random, records);
  if (chance(random, 0.5)) return lines;
  const elements = lines.split(/\r?\n/);
  const list = chance(random, 0.3)
    ? [...elements.keys()].map(
        (i) => `{"id":${i},"order":{"email":"c${i % 7}"},"line_items":[${elements.slice(i, i + 3)}]}`,
      )
    : elements;
  const end = pick(random, [',', ',\n', '\n']);
  return pick(random, [
    `[${list.join(end)}]`,
    `{"data":{"count":3,"orders":[\n${list.join(end)}\n]}}`,
    list.join('\n'),
  ]);
}

function jsonLines(random: Random, { header, rows }: Export): string {
  const withBigints = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
  const lines = rows.map((row): string => {
    const record = Object.fromEntries(row.map((value, i) => [header[i], value]));
    if (chance(random, 0.02)) return pick(random, ['', '{', '[]', '1', 'null', '"x"', '{"a":1', `${'['.repeat(2000)}`]);
    const text = JSON.stringify(record, withBigints);
    // Keys that JavaScript keeps to itself.
    return chance(random, 0.02) ? text.replace('"', '"__proto__":{"toString":1},"') : text;
  });
  return lines.join(pick(random, ['\n', '\n', '\r\n']));
}

function isoOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toISOString();
}

function encoded(random: Random, text: string): Uint8Array {
  const wide = Buffer.from(`\ufeff${text}`, 'utf16le');
  switch (random.below(20)) {
    case 0:
      return wide;
    case 1:
      return wide.swap16();
    case 2:
      return Buffer.from(`\ufeff${text}`);
    case 3:
      return Buffer.from(text, 'latin1');
    case 4:
      return Buffer.from(text, 'utf16le');
    default:
      return Buffer.from(text);
  }
}

function repeated(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytes;
  const copies = Math.ceil(threadedBytes / bytes.length);
  return Buffer.alloc(copies * bytes.length, bytes);
}
