import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'uvu';
import { readOrders } from '../../src/dataset/read.ts';
import type { EndcapError } from '../../src/errors.ts';
import type { OrderSource, ReadOptions } from '../../src/orders/options.ts';
import { endcapErrorOf } from '../support/errors.ts';

/** Files in a folder that is removed after the suite. */
export function filesOf(test: Test) {
  let folder = '';
  test.before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'endcap-'));
  });
  test.after(() => rm(folder, { recursive: true }));
  return {
    folder: () => folder,
    async file(name: string, content: string | Uint8Array): Promise<string> {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    },
  };
}

/**
 * A form of a value to compare: uvu treats NaN in a typed array as different from itself. Of a dataset, what was understood
 * of its source is left out.
 */
export function comparable<T>(value: T): unknown {
  if (value instanceof Float64Array) return [...value];
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return value;
  const understood =
    'fingerprint' in value ? ['files', 'columns', 'unusedColumns', 'decisions', 'notes', 'idCleaning'] : [];
  const entries = Object.entries(value).filter(([key]) => !understood.includes(key));
  return Object.fromEntries(entries.map(([key, inner]) => [key, comparable(inner)]));
}

/** The error with which reading fails. */
export function refusal(source: OrderSource, options?: ReadOptions): Promise<EndcapError> {
  return endcapErrorOf(readOrders(source, options));
}

export const csv = [
  'order_id,customer_id,product_id,product_name,category,quantity,price,ordered_at',
  'o1,ann,tea,"Tea, green",drinks,2,4.50,2024-01-02 10:00',
  'o1,ann,cup,Cup,kitchen,1,7,2024-01-02 10:00',
  'o2,bob,tea,Green tea,drinks,1,4.75,2024-01-03 11:00',
  'o3,ann,tea,Green tea,drinks,3,4.75,2024-02-01 09:30',
].join('\n');
