/** The lists of all customers as Parquet. What values a column has is known, so that its dictionary need not be looked for. */
import type { SchemaElement } from 'hyparquet';
import { bytesOf } from '../../bytes.ts';
import { boundsOf, createTexts, packed, runs } from '../../exchange/parquet/encodings.ts';
import { type Append, type Column, openTable } from '../../exchange/parquet/writing.ts';
import type { Model } from '../../model/model.ts';
import { noRow } from '../../recommending/types.ts';
import type { BatchWriter } from './formats.ts';

/** Rows per row group: what a reader loads at once, and what is held in memory here. A list is never split. */
const groupRows = 1 << 17;

const required = { repetition_type: 'REQUIRED' } as const;
const text = { ...required, type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
const schema: SchemaElement[] = [
  { name: 'endcap', num_children: 4 },
  { name: 'customer', ...text },
  { name: 'rank', ...required, type: 'INT32' },
  { name: 'product', ...text },
  { name: 'score', ...required, type: 'FLOAT' },
];

/** The rows of the CSV: customer and product as UTF-8, rank as INT32, score as FLOAT. */
export function openParquet(model: Model, append: Append): BatchWriter {
  const table = openTable(schema, append);
  // Of the current row group. It has as many customers as rows at most.
  let rowCount = 0;
  let customerCount = 0;
  let ranks = 0;
  let products = new Uint32Array(0);
  let scores = new Float32Array(0);
  const lengths = new Uint32Array(groupRows);
  const customerIds = createTexts();
  const productIds = createTexts();
  /** By product row: one past its place in the dictionary, 0 if it is not there; and the rows that are. */
  const places = new Uint32Array(model.products.length);
  let listed: number[] = [];

  async function writeGroup(): Promise<void> {
    if (rowCount === 0) return;
    for (const row of listed) productIds.add(model.products[row]);
    const customers = { bytes: customerIds.bytes(), values: customerCount };
    const own = scores.subarray(0, rowCount);
    const columns: Column[] = [
      {
        path: ['customer'],
        type: 'BYTE_ARRAY',
        codec: 'SNAPPY',
        dictionary: customers,
        bytes: runs(lengths, customerCount),
        // Customers are sorted: these bounds let a reader skip row groups. Those of the other columns would not.
        bounds: boundsOf(customers.bytes),
      },
      {
        path: ['rank'],
        type: 'INT32',
        codec: 'SNAPPY',
        dictionary: {
          bytes: bytesOf(Int32Array.from({ length: ranks }, (_, i) => i + 1)),
          values: ranks,
        },
        bytes: packed(ranksOf(lengths, customerCount, rowCount), rowCount, ranks),
      },
      {
        path: ['product'],
        type: 'BYTE_ARRAY',
        codec: 'UNCOMPRESSED',
        dictionary: { bytes: productIds.bytes(), values: listed.length },
        bytes: packed(products, rowCount, listed.length),
      },
      {
        path: ['score'],
        type: 'FLOAT',
        codec: 'UNCOMPRESSED',
        bytes: bytesOf(own),
      },
    ];
    await table.write(rowCount, columns);
    for (const row of listed) places[row] = 0;
    listed = [];
    customerIds.clear();
    productIds.clear();
    rowCount = customerCount = ranks = 0;
  }

  return {
    async write({ firstCustomer, customers, n, rows, scores: own }) {
      if (products.length < groupRows + n) {
        products = withRoom(products, groupRows + n);
        scores = withRoom(scores, groupRows + n);
      }
      let written = 0;
      for (let c = 0; c < customers; c++) {
        const first = rowCount;
        for (let i = c * n; i < (c + 1) * n && rows[i] !== noRow; i++, rowCount++) {
          if (places[rows[i]] === 0) places[rows[i]] = listed.push(rows[i]);
          products[rowCount] = places[rows[i]] - 1;
          scores[rowCount] = own[i];
        }
        if (rowCount === first) continue;
        customerIds.add(model.customers[firstCustomer + c]);
        lengths[customerCount++] = rowCount - first;
        ranks = Math.max(ranks, rowCount - first);
        written += rowCount - first;
        if (rowCount >= groupRows) await writeGroup();
      }
      return written;
    },
    async end() {
      await writeGroup();
      await table.end();
    },
  };
}

function withRoom<T extends Uint32Array | Float32Array>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array);
  return larger;
}

/** 0, 1, 2 ... up to each length. */
function ranksOf(lengths: Uint32Array, count: number, rows: number): Uint32Array {
  const ranks = new Uint32Array(rows);
  for (let list = 0, row = 0; list < count; list++)
    for (let rank = 0; rank < lengths[list]; rank++) ranks[row++] = rank;
  return ranks;
}
