import type { Plan } from '../../plan.ts';
import { headerColumns } from '../../records/repeated-header.ts';
import type { Cells } from '../scan.ts';
import { encode } from '../utf8.ts';

/** The header within a table of CSV, as where files were joined end to end. */
export interface ByteHeader {
  /** A cell that only the header has; undefined if no record can be the header. */
  readonly first: { readonly column: number; readonly name: Uint8Array } | undefined;
  /** Whether the record of these cells is the header again. */
  is(bytes: Uint8Array, cells: Cells): boolean;
}

export function createByteHeader({ header = [], columns }: Plan): ByteHeader {
  const checked = headerColumns(header, columns).map((column) => ({ column, name: encode(header[column]) }));
  // Nearly every record shows by the length of one cell that it is not the header again.
  const [first] = checked;
  return {
    first: first !== undefined && first.name.length > 0 ? first : undefined,
    is(bytes, { starts, ends }) {
      if (first === undefined || ends[first.column] - starts[first.column] !== first.name.length) return false;
      for (let i = 0; i < checked.length; i++) {
        const { column, name } = checked[i];
        const start = starts[column];
        if (ends[column] - start !== name.length || bytes[start] !== name[0]) return false;
        for (let at = 1; at < name.length; at++) if (bytes[start + at] !== name[at]) return false;
      }
      return true;
    },
  };
}
