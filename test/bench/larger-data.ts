/** Order lines of a made-up large shop, as a folder of Parquet parts. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ColumnChunk, SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { mix } from '../../src/hash.ts';

export interface LargeShop {
  customers: number;
  products: number;
  /** Of each customer: 1 to 3, and 3 by default. */
  orders?: number;
  /** Each of them has every pair once more. */
  repeats?: number;
}

const columns = ['order_id', 'customer_id', 'product_id', 'quantity'] as const;
const schema: SchemaElement[] = [
  { name: 'orders', num_children: columns.length },
  ...columns.map((name) => ({ name, type: 'INT32', repetition_type: 'REQUIRED' }) as const),
];

/** Rows of a row group, of a page, and of a part: of 128 MB. */
const groupRows = 2 ** 20;
const pageRows = 2 ** 18;
const partRows = 8 * groupRows;

/** What each order of a customer holds, as places among their products: the last one holds something again. */
const carts = [
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 0],
];
const pairsOfCustomer = 8;

/**
 * Three orders of each customer, in a sequence in which those of a customer are far apart, with eight products: most of them
 * popular in the customer's group, the others popular everywhere. The same arguments give the same bytes.
 *
 * @returns the number of order lines.
 */
export function writeLargeShop(
  folder: string,
  { customers, products, orders = carts.length, repeats = 0 }: LargeShop,
): number {
  mkdirSync(folder, { recursive: true });
  const values = columns.map(() => new Int32Array(groupRows));
  const [orderIds, customerIds, productIds, quantities] = values;
  const productOf = createTaste(products);
  let lines = 0;
  let rows = 0;
  let order = 0;
  let part: ReturnType<typeof openPart> | undefined;
  let parts = 0;

  function flush(): void {
    if (rows === 0) return;
    part ??= openPart(join(folder, `part-${String(parts++).padStart(5, '0')}.parquet`));
    part.write(values, rows);
    lines += rows;
    rows = 0;
    if (lines % partRows !== 0) return;
    part.end();
    part = undefined;
  }

  for (let round = 0; round < orders * (1 + repeats); round++) {
    const places = carts[round % orders];
    // Numbers without a common factor visit every customer once.
    const step = coprime(customers, Math.floor(customers * (0.618 + 0.01 * round)));
    for (let i = 0, customer = round % customers; i < customers; i++, customer = (customer + step) % customers) {
      order++;
      for (const place of places) {
        orderIds[rows] = order;
        customerIds[rows] = customer + 1;
        productIds[rows] = productOf(customer, place) + 1;
        quantities[rows] = 1 + (mix(order * pairsOfCustomer + place) % 16 === 0 ? 1 : 0);
        if (++rows === groupRows) flush();
      }
    }
  }
  flush();
  part?.end();
  writeFileSync(join(folder, '_SUCCESS'), '');
  return lines;
}

function createTaste(products: number) {
  const groupSize = Math.min(products, 500);
  const groups = Math.ceil(products / groupSize);
  const spread = coprime(products, Math.floor(products * 0.618));
  const ranked = (uniform: number, count: number) => Math.floor(Math.exp(uniform * Math.log(count))) - 1;
  return (customer: number, place: number) => {
    const hash = mix(customer * pairsOfCustomer + place);
    const uniform = mix(hash ^ 0x51ed270b) / 2 ** 32;
    const rank =
      hash % 10 < 7 ? (mix(customer) % groups) * groupSize + ranked(uniform, groupSize) : ranked(uniform, products);
    return ((rank % products) * spread) % products;
  };
}

/** The first number from one on that shares no factor with another. */
function coprime(number: number, from: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let step = Math.max(1, from);
  while (divisor(number, step) !== 1) step++;
  return step;
}

/** Pages are made here: the writer would look for distinct values, which takes ten times as long. */
function openPart(path: string) {
  const bytes = new ByteWriter(1 << 25);
  const writer = new ParquetWriter({ writer: bytes, schema, createdBy: 'endcap bench' });
  const file = openSync(path, 'w');

  function flush(): void {
    writeSync(file, bytes.getBytes());
    bytes.index = 0;
  }

  function writeColumn(name: string, values: Int32Array): ColumnChunk {
    const start = bytes.offset;
    for (let from = 0; from < values.length; from += pageRows) {
      const page = values.subarray(from, from + pageRows);
      const size = page.byteLength;
      writePageHeader(bytes, {
        type: 'DATA_PAGE_V2',
        uncompressed_page_size: size,
        compressed_page_size: size,
        data_page_header_v2: {
          ...{ num_values: page.length, num_nulls: 0, num_rows: page.length, encoding: 'PLAIN' },
          ...{ definition_levels_byte_length: 0, repetition_levels_byte_length: 0, is_compressed: false },
        },
      });
      bytes.appendBytes(new Uint8Array(page.buffer, page.byteOffset, size));
    }
    const size = BigInt(bytes.offset - start);
    return {
      file_offset: BigInt(start),
      meta_data: {
        ...{ type: 'INT32', encodings: ['PLAIN'], path_in_schema: [name], codec: 'UNCOMPRESSED' },
        ...{ num_values: BigInt(values.length), total_uncompressed_size: size, total_compressed_size: size },
        data_page_offset: BigInt(start),
      },
    } as ColumnChunk;
  }

  return {
    write(values: readonly Int32Array[], rows: number): void {
      const start = bytes.offset;
      const chunks = columns.map((name, i) => writeColumn(name, values[i].subarray(0, rows)));
      writer.row_groups.push({
        columns: chunks,
        num_rows: BigInt(rows),
        total_byte_size: BigInt(bytes.offset - start),
      });
      writer.num_rows += BigInt(rows);
      flush();
    },
    end(): void {
      writer.finish();
      flush();
      closeSync(file);
    },
  };
}
