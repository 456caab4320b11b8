/** Small tables as Spark writes them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ColumnSource } from 'hyparquet-writer';
import type { Test } from 'uvu';
import { parquetOf } from '../orders/parquet/files.ts';

/** A folder for a suite, with functions that write into it. */
export function scratchFolder(test: Test) {
  let folder = '';
  let made = 0;
  test.before(() => {
    folder = mkdtempSync(join(tmpdir(), 'endcap-'));
  });
  test.after(() => rmSync(folder, { recursive: true }));

  /** Writes files of a new folder, and returns its path. */
  function folderOf(files: Readonly<Record<string, Uint8Array | string>>): string {
    const path = join(folder, String(made++));
    for (const [name, bytes] of Object.entries(files)) {
      const file = join(path, name);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, bytes);
    }
    mkdirSync(path, { recursive: true });
    return path;
  }

  return {
    folderOf,
    /** A table of parts, with what Spark leaves beside them. */
    partsOf(...parts: readonly Uint8Array[]): string {
      const files = parts.map((bytes, i) => [`part-0000${i}-8d1c.c000.snappy.parquet`, bytes] as const);
      const hidden = { _SUCCESS: '', '._SUCCESS.crc': 'crc', '.part-00000-8d1c.c000.snappy.parquet.crc': 'crc' };
      return folderOf({ ...Object.fromEntries(files), ...hidden });
    },
  };
}

/** A column of lists, as Spark writes an array of floats. */
function vectors(name: string, data: unknown[], type: 'FLOAT' | 'DOUBLE' | 'INT32' = 'FLOAT') {
  return {
    column: { name, data },
    schema: [
      { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type, repetition_type: 'OPTIONAL' },
    ],
  } as const;
}

/** A part of a table of factors. */
export function factorsPart(
  ids: readonly unknown[],
  features: readonly (readonly unknown[] | null)[],
  {
    type = 'INT32',
    of = 'FLOAT',
    ...options
  }: { type?: 'INT32' | 'INT64' | 'STRING'; of?: 'FLOAT' | 'DOUBLE' | 'INT32'; rowGroupSize?: number } = {},
): Uint8Array {
  const { column, schema } = vectors('features', [...features], of);
  const id: ColumnSource = { name: 'id', data: [...ids] };
  const idSchema = type === 'STRING' ? { type: 'BYTE_ARRAY', converted_type: 'UTF8' } : { type };
  return parquetOf([id, column as ColumnSource], {
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'id', repetition_type: 'OPTIONAL', ...idSchema },
      ...schema,
    ] as never,
    ...options,
  });
}
