import type { DecodedArray } from 'hyparquet';
import { EndcapError } from '../errors.ts';
import type { RowSink } from './clean.ts';
import { ROLES } from './columns.ts';

/**
 * Reads a Parquet file one row group at a time, and of it only the columns that have a role; all codecs. The rows count
 * from 1.
 *
 * @param onGroup called after each row group with the share of the rows that were read.
 * @throws `orders_unreadable` for a file that is no whole Parquet file.
 */
export async function readParquet(path: string, sink: RowSink, onGroup: (share: number) => void): Promise<void> {
  const [{ asyncBufferFromFile, parquetScan, parquetSchema }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  const { metadata, ranges, readColumn } = await whole(
    path,
    asyncBufferFromFile(path).then((file) => parquetScan({ file, compressors })),
  );
  const names = parquetSchema(metadata).children.map((column) => column.element.name);
  const columns = sink.header(names);
  const cells: unknown[] = ROLES.map(() => undefined);
  for (const { rowStart, rowEnd } of ranges) {
    const data: (DecodedArray | undefined)[] = [];
    for (const index of columns) {
      const column = names[index];
      data.push(column === undefined ? undefined : await whole(path, readColumn({ column, rowStart, rowEnd })));
    }
    for (let row = rowStart; row < rowEnd; row++) {
      for (let role = 0; role < data.length; role++) cells[role] = data[role]?.[row - rowStart];
      sink.row(cells, row + 1);
    }
    onGroup(rowEnd / Number(metadata.num_rows));
  }
}

/** Turns a failure to read into the error that says so. */
async function whole<T>(path: string, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw new EndcapError(
      'orders_unreadable',
      `${path} is no whole Parquet file: ${error instanceof Error ? error.message : error}`,
      { source: path },
      { cause: error },
    );
  }
}
