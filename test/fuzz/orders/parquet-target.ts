/** Orders as Parquet files, sound and damaged. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type BasicType, type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import * as assert from 'uvu/assert';
import { type Role, roles } from '../../../src/orders/columns/roles.ts';
import type { BlockLines } from '../../../src/orders/csv/records/block-lines.ts';
import { openDescriptor, readFooter } from '../../../src/orders/parquet/file.ts';
import { lookAtParquet } from '../../../src/orders/parquet/look.ts';
import { countRecords, readRows } from '../../../src/orders/parquet/records/rows.ts';
import { canReadByColumn, createUnitReader } from '../../../src/orders/parquet/records/units.ts';
import { columnsOf } from '../../../src/orders/parquet/schema.ts';
import type { Plan } from '../../../src/orders/plan.ts';
import type { Random } from '../../../src/random.ts';
import { nestedFile, nestedShapes } from '../../orders/parquet/files.ts';
import { chance, mutateBytes, pick, several } from '../draw.ts';
import { type Input, type Outcome, randomFrom } from '../target.ts';
import { put, readChecked } from './reading.ts';

const fileName = 'orders.parquet';

export function make(random: Random): Input {
  const sound = Buffer.from(chance(random, 0.4) ? soundNested(random) : new Uint8Array(soundFile(random)));
  return { [fileName]: chance(random, 0.15) ? sound : damaged(random, sound) };
}

/** Most files are given to the parser alone: the thread that `readOrders` starts for a file takes a hundred times as long. */
export async function run(input: Input): Promise<Outcome> {
  const path = put(fileName, input[fileName] ?? Object.values(input)[0]);
  return chance(randomFrom(input), 0.05) ? readChecked(path, {}) : parse(path);
}

/** Roles whose columns are not read by column. */
const unread = new Set<Role>(['clock', 'refunded', 'status', 'sequence']);
const anyPlan: Omit<Plan, 'columns'> = {
  everyRecordIsOne: false,
  conventions: { decimalMark: '.', dateOrder: 'auto', assumedDateOrder: 'mdy', timeUnit: 'auto' },
  duplicates: 'keep',
};

/** Runs what the thread runs. It may throw any error, which the thread reports. */
function parse(path: string): Outcome {
  const fd = openSync(path, 'r');
  let records = 0;
  let byColumn: number | undefined;
  try {
    const file = openDescriptor({ fd, size: fstatSync(fd).size });
    const metadata = readFooter(file, () => {});
    const columns = columnsOf(metadata);
    lookAtParquet(file, metadata, columns, path, () => {});
    countRecords(metadata, columns);
    readRows(
      file,
      metadata.row_groups,
      columns,
      () => records++,
      () => {},
    );
    const plan: Plan = { ...anyPlan, columns: roles.map((role, i) => (unread.has(role) || !columns[i] ? -1 : i)) };
    if (canReadByColumn(plan, columns)) {
      byColumn = 0;
      const source = { file, groups: metadata.row_groups, columns, plan };
      const onBlock = (lines: BlockLines) => {
        byColumn! += lines.records;
      };
      createUnitReader(source, true, onBlock, () => {})({ from: 0, to: metadata.row_groups.length });
    }
  } catch {
    return { label: 'not parsed', amounts: { records } };
  } finally {
    closeSync(fd);
  }
  assert.is(byColumn ?? records, records, 'records by column');
  return { label: 'parsed', amounts: { records } };
}

type Cell = (random: Random) => unknown;

const ways: Partial<Record<BasicType, Cell>> = {
  STRING: (random) => pick(random, ['a', 'b', 'c1', '', 'Käse', '2024-01-02', '7', '-1', 'x'.repeat(300)]),
  INT32: (random) => pick(random, [0, 1, 2, 7, -1, 2 ** 31 - 1]),
  INT64: (random) => pick(random, [0n, 1n, 7n, -1n, 2n ** 62n]),
  DOUBLE: (random) => pick(random, [0, 1, 2.5, -3, 1e300, Number.NaN]),
  TIMESTAMP: (random) => new Date(1.7e12 + random.below(1e9)),
  BOOLEAN: (random) => chance(random, 0.5),
  JSON: (random) => pick<unknown>(random, [{ toString: 1 }, [1, [2]], 'a', 3, {}]),
};

function soundFile(random: Random): ArrayBuffer {
  const rows = random.below(60);
  const names = ['customer_id', 'product_id', 'quantity', 'order_id', 'ordered_at', 'price', 'product_name'];
  const columnData = names.map((name): ColumnSource => {
    const usual = name === 'quantity' ? 'INT32' : name === 'ordered_at' ? 'TIMESTAMP' : 'STRING';
    const type = chance(random, 0.8) ? usual : pick(random, Object.keys(ways) as BasicType[]);
    const hasNulls = chance(random, 0.3);
    const data = several(rows, () => (hasNulls && chance(random, 0.2) ? null : ways[type]!(random)));
    return { name, type, data, nullable: hasNulls || chance(random, 0.5) };
  });
  return parquetWriteBuffer({
    columnData: columnData.filter((_, i) => i < 3 || chance(random, 0.7)),
    codec: pick(random, ['SNAPPY', 'UNCOMPRESSED', 'GZIP']),
    compressors: { GZIP: (bytes) => gzipSync(bytes) },
    statistics: chance(random, 0.5),
    rowGroupSize: pick(random, [1, 7, 100]),
    pageSize: pick(random, [32, 1 << 20]),
  });
}

function soundNested(random: Random): Uint8Array {
  const maybe = <T>(value: T) => (chance(random, 0.2) ? null : value);
  const items = () => several(random.below(4), () => ({ sku: maybe('p1'), size: { width: maybe(random.below(9)) } }));
  const rows = several(random.below(40), (i) => ({
    order: BigInt(i),
    customer: maybe({ id: maybe(`c${i % 7}`), address: maybe({ town: maybe('Ulm') }) }),
    items: maybe(items()),
    tags: maybe(several(random.below(3), String)),
    notes: maybe({ a: 'b' }),
  }));
  return nestedFile(rows, pick(random, nestedShapes), {
    codec: pick(random, ['SNAPPY', 'UNCOMPRESSED']),
    rowGroupSize: pick(random, [7, 100]),
    pageSize: pick(random, [32, 1 << 20]),
  });
}

/** Damage anywhere, or in the footer, which says where everything is. */
function damaged(random: Random, file: Buffer): Uint8Array {
  const footer = file.length - 8 - file.readUInt32LE(file.length - 8);
  switch (random.below(5)) {
    case 0:
      return mutateBytes(random, file);
    case 1:
      return file.subarray(0, random.below(file.length));
    case 2: {
      const end = file.length - 8;
      const mutated = Buffer.from(mutateBytes(random, file.subarray(footer, end)));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(mutated.length);
      return Buffer.concat([file.subarray(0, footer), mutated, length, file.subarray(end + 4)]);
    }
    default:
      // Lengths and counts are in bytes of their own; one of them changed is what parsers get wrong.
      for (let count = 1 + random.below(3); count > 0; count--) {
        const at = chance(random, 0.5) ? footer + random.below(file.length - footer) : random.below(file.length);
        file[at] = pick(random, [file[at] ^ (1 << random.below(8)), random.below(256), 0xff, 0x7f, 0x80, 0]);
      }
      return file;
  }
}
