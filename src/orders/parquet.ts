import type { DecodedArray } from 'hyparquet';
import { EndcapError } from '../errors.ts';
import type { RecordSink } from './clean.ts';
import { roles } from './columns.ts';

/**
 * Reads a Parquet file of any codec, one row group at a time and only the columns that have a role. Records count from 1.
 *
 * @param onGroup called after each row group with the share of the records read so far.
 * @throws `orders_unreadable` if the file is not a complete Parquet file.
 */
export async function readParquet(path: string, sink: RecordSink, onGroup: (share: number) => void): Promise<void> {
  const [{ asyncBufferFromFile, parquetScan, parquetSchema }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  const { metadata, ranges, readColumn } = await orUnreadable(
    path,
    asyncBufferFromFile(path).then((file) => parquetScan({ file, compressors })),
  );
  const names = parquetSchema(metadata).children.map((column) => column.element.name);
  const columns = sink.header(names);
  const cells: unknown[] = roles.map(() => undefined);
  for (const { rowStart, rowEnd } of ranges) {
    const data: (DecodedArray | undefined)[] = [];
    for (const index of columns) {
      const column = names[index];
      data.push(column === undefined ? undefined : await orUnreadable(path, readColumn({ column, rowStart, rowEnd })));
    }
    for (let record = rowStart; record < rowEnd; record++) {
      for (let role = 0; role < data.length; role++) cells[role] = data[role]?.[record - rowStart];
      sink.record(cells, record + 1);
    }
    onGroup(rowEnd / Number(metadata.num_rows));
  }
}

/** Turns a failure to read into an `orders_unreadable` error. */
async function orUnreadable<T>(path: string, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw new EndcapError(
      'orders_unreadable',
      `${path} is not a complete Parquet file: ${error instanceof Error ? error.message : error}; copy or export it again`,
      { source: path },
      { cause: error },
    );
  }
}
