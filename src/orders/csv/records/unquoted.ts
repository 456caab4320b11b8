import type { Cells } from '../scan.ts';

/** Copies of the cells of a block that contain doubled quotes, with one quote for every two. */
export interface Unquoted {
  /** Replaced if a block is longer than those before it. */
  readonly bytes: Uint8Array;
  /** Begins a block. */
  begin(text: Uint8Array): void;
  /** Copies the record's cells in the columns, and points `cells` to the copies. */
  copy(text: Uint8Array, cells: Cells): Uint8Array;
}

export function createUnquoted(columns: readonly number[]): Unquoted {
  let bytes = new Uint8Array(0);
  let end = 0;
  return {
    get bytes() {
      return bytes;
    },
    begin(text) {
      if (bytes.length < text.length) bytes = new Uint8Array(text.length);
      end = 0;
    },
    copy(text, { starts, ends, quotes }) {
      for (const column of columns) {
        let at = starts[column];
        starts[column] = end;
        for (; at < ends[column]; at++) {
          bytes[end++] = text[at];
          if (quotes[column] === 2 && text[at] === 34) at++;
        }
        ends[column] = end;
      }
      return bytes;
    },
  };
}
