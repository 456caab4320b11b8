import { hashText } from '../../hash.ts';
import type { Column } from './columns.ts';
import { fillRows } from './fill.ts';

/** A column of texts that hardly two products share, of which it keeps a hash. */
export interface HashedColumn extends Column {
  /** @param value undefined if nobody says. */
  set(row: number, value: string | undefined): void;
}

/**
 * Nothing is kept until a product has a value.
 *
 * @param count rows.
 * @param valueAt the value of a product; it is asked for those with the hash of a wanted value.
 */
export function createHashedColumn(count: number, valueAt: (row: number) => string | undefined): HashedColumn {
  /** 0 if nobody says. */
  let hashes: Uint32Array | undefined;
  const hashOf = (value: string) => hashText(value) >>> 0 || 1;

  return {
    set(row, value) {
      if (value !== undefined) hashes ??= new Uint32Array(count);
      if (hashes) hashes[row] = value === undefined ? 0 : hashOf(value);
    },
    kinds: () => ['string'],
    meets(row, { values }) {
      if (!hashes || hashes[row] === 0) return false;
      const value = valueAt(row);
      return value !== undefined && values!.has(value);
    },
    fill({ values }, words, from, to) {
      if (!hashes) return;
      const known = hashes;
      const wanted = new Set(Array.from(values!, (value) => hashOf(String(value))));
      fillRows(words, from, to, count, (row) => {
        if (!wanted.has(known[row])) return false;
        const value = valueAt(row);
        return value !== undefined && values!.has(value);
      });
    },
  };
}
