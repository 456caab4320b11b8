import { withoutNames } from '../dataset/reading.ts';
import type { Model, ModelMetadata } from './model.ts';
import { arrayAt, type Numbers, placed } from './tensors.ts';

/**
 * The model without some customers: their ids, factors, and purchases. What it knows of products is as it was, since that adds
 * up many customers: popularity, sales by period, what is bought together, neighbours, and trees. So are the lists of all others, and
 * therefore its version. What its metadata tell of records is left out, as it may show the id of anybody.
 *
 * @param isOut whether a customer goes, by row.
 */
export function withoutCustomers(model: Model, isOut: (row: number) => boolean): Model {
  const { metadata, purchases, returned } = model;
  const rows = keptRuns(model.customers.length, isOut);
  const pairs = { pairs: pairsOf(purchases.offsets, rows), returnedPairs: pairsOf(returned?.offsets, rows) };
  const parts: Record<string, unknown> = {};
  for (const { at, part, field, shape } of placed) {
    const array = arrayAt(model, at);
    if (array === undefined) continue;
    const [dimension] = shape;
    const left =
      dimension === 'customers'
        ? kept(array, rows, array.length / model.customers.length)
        : dimension === 'customers + 1'
          ? offsetsOf(array as Uint32Array, rows)
          : dimension === 'pairs' || dimension === 'returnedPairs'
            ? kept(array, pairs[dimension], 1)
            : array;
    if (part === undefined) parts[field] = left;
    else parts[part] = { ...(parts[part] as object | undefined), [field]: left };
  }
  return {
    ...model,
    ...parts,
    customers: rows.flatMap(([from, to]) => model.customers.slice(from, to)),
    metadata: withoutRecords(metadata),
  };
}

/** Whether metadata may quote one of these ids, as an example of a dropped record may that has the id of anybody. */
export function mayQuote({ account, reading }: ModelMetadata, ids: Iterable<string>): boolean {
  const text = JSON.stringify([account.examples, reading]);
  for (const id of ids) if (text.includes(JSON.stringify(id).slice(1, -1))) return true;
  return false;
}

/** Metadata without examples of dropped records, and what else may quote one. */
export function withoutRecords(metadata: ModelMetadata): ModelMetadata {
  const { account, reading } = metadata;
  return {
    ...metadata,
    account: { ...account, examples: {} },
    ...(reading && { reading: withoutNames(reading) }),
  };
}

/** From a place up to another, which is excluded. */
type Run = readonly [from: number, to: number];

/** The rows that stay, as runs: to copy these is far faster than to copy rows. */
function keptRuns(count: number, isOut: (row: number) => boolean): Run[] {
  const runs: Run[] = [];
  let from = 0;
  for (let row = 0; row <= count; row++) {
    if (row < count && !isOut(row)) continue;
    if (row > from) runs.push([from, row]);
    from = row + 1;
  }
  return runs;
}

function pairsOf(offsets: Uint32Array | undefined, rows: readonly Run[]): Run[] {
  return offsets ? rows.map(([from, to]) => [offsets[from], offsets[to]]) : [];
}

function kept<T extends Numbers>(array: T, runs: readonly Run[], width: number): T {
  const length = runs.reduce((sum, [from, to]) => sum + to - from, 0) * width;
  const left = new (array.constructor as new (length: number) => T)(length);
  let end = 0;
  for (const [from, to] of runs) {
    left.set(array.subarray(from * width, to * width), end);
    end += (to - from) * width;
  }
  return left;
}

function offsetsOf(offsets: Uint32Array, rows: readonly Run[]): Uint32Array {
  const left = new Uint32Array(rows.reduce((sum, [from, to]) => sum + to - from, 1));
  let [row, gone, end] = [0, 0, 0];
  for (const [from, to] of rows) {
    gone += offsets[from] - end;
    for (let r = from; r < to; r++) left[++row] = offsets[r + 1] - gone;
    end = offsets[to];
  }
  return left;
}
