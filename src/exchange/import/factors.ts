/** Factors of customers or products, as other systems write them. */
import { refuseTooMany, roomFor } from '../../bytes.ts';
import { EndcapError } from '../../errors.ts';
import type { Note } from '../../orders/look.ts';
import { maxWidth } from '../part-messages.ts';
import { type PartsOptions, tableUnreadable, withParts } from '../parts.ts';
import { csvRows } from './csv-rows.ts';
import { readMatrix } from './npy.ts';
import { createPlaces, type Places } from './places.ts';

/** A table of ids with a row of factors each. */
export interface FactorTable {
  readonly source: string;
  readonly ids: readonly string[];
  readonly factors: number;
  /** ids x factors, finite. */
  readonly values: Float32Array;
  readonly places: Places;
  readonly notes: readonly Note[];
}

const isCsv = /\.csv$/i;
const isNumpy = /\.np[yz]$/i;

/**
 * Reads Parquet with the columns `id` and `features`, CSV with an id and then its numbers, or a matrix of numpy, whose rows are
 * the ids from 0.
 *
 * @param array its name in an archive of numpy.
 * @throws `table_unreadable`, `aborted`, `out_of_memory`.
 */
export async function readFactors(source: string, array: string, options: PartsOptions): Promise<FactorTable> {
  const read = isNumpy.test(source) ? fromNumpy : isCsv.test(source) ? fromCsv : fromParts;
  const table = await read(source, options, array).catch((error) => {
    if (!(error instanceof EndcapError) || error.code !== 'out_of_memory') throw error;
    throw new EndcapError(error.code, `${source}: ${error.message}`, { ...error.details, source }, { cause: error });
  });
  if (table.values.length === 0) throw tableUnreadable(source, 'has no factors');
  return table;
}

function fromParts(source: string, options: PartsOptions): Promise<FactorTable> {
  return withParts(source, options, async (table) => {
    const ids: string[] = [];
    const places = createPlaces(source);
    let values: Float32Array | undefined;
    let at = 0;
    for await (const { part, row, rows, columns } of table.read({ id: 'id', features: 'vector' })) {
      const { id: blockIds, features } = columns;
      places.add(part, row, rows);
      for (const id of blockIds) ids.push(id);
      values ??= roomFor(Float32Array, (table.rows * features.length) / rows);
      if (at + features.length > values.length) throw tableUnreadable(part, 'was written to while it was read');
      values.set(features, at);
      at += features.length;
    }
    if (at !== (values?.length ?? 0)) throw tableUnreadable(source, 'was written to while it was read');
    return { source, ids, factors: at / ids.length, values: values ?? new Float32Array(0), places, notes: table.notes };
  });
}

async function fromCsv(source: string, { signal }: PartsOptions): Promise<FactorTable> {
  const ids: string[] = [];
  const blocks: Float32Array[] = [];
  const places = createPlaces(source);
  let factors: number | undefined;
  for await (const { row, cells } of csvRows(source, signal)) {
    if (factors === undefined) {
      factors = cells.length - 1;
      if (factors < 1 || factors > maxWidth || cells[1].trim() === '' || Number.isFinite(Number(cells[1])))
        throw tableUnreadable(source, 'is no header; expected id and a name for each factor, such as id,f1,f2', row);
      continue;
    }
    if (cells.length !== factors + 1)
      throw tableUnreadable(source, `has ${cells.length - 1} factors; expected ${factors}, as in the header`, row);
    if (cells[0] === '') throw tableUnreadable(source, 'has no id', row);
    const own = Float32Array.from(cells.slice(1), (cell) => (cell.trim() === '' ? Number.NaN : Number(cell)));
    const wrong = own.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) {
      const cell = cells[wrong + 1].slice(0, 50);
      throw tableUnreadable(source, `has the factor '${cell}'; expected finite 32-bit numbers`, row);
    }
    places.add(source, row, 1);
    ids.push(cells[0]);
    blocks.push(own);
    refuseTooMany(ids.length * factors);
  }
  return { source, ids, factors: factors ?? 0, values: joined(blocks), places, notes: [] };
}

async function fromNumpy(source: string, { signal }: PartsOptions, array: string): Promise<FactorTable> {
  const { rows, columns, values } = (await readMatrix(source, array, signal))!;
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const row = Math.floor(wrong / columns) + 1;
    throw tableUnreadable(source, `${array} has ${values[wrong]}; expected finite 32-bit numbers`, row);
  }
  const places = createPlaces(source);
  places.add(source, 1, rows);
  const ids = Array.from({ length: values.length === 0 ? 0 : rows }, (_, row) => String(row));
  return { source, ids, factors: columns, values, places, notes: [] };
}

function joined(blocks: readonly Float32Array[]): Float32Array {
  const all = roomFor(
    Float32Array,
    blocks.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}
