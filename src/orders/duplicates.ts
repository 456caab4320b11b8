import { hashText, mix } from './hash.ts';

/** Remembers rows by a 64-bit hash; 12 to 24 bytes a row. */
export interface RowSet {
  /** @returns false when the same row was added before. */
  add(row: string): boolean;
}

/**
 * An open-addressing set of 64-bit hashes. Two different rows are taken for the same with a chance of about
 * rows^2 / 2^65: one in 400,000 for ten million rows.
 */
export function createRowSet(): RowSet {
  let slots = new Uint32Array(2 << 12);
  let size = 0;

  /** Index of the hash's slot, or of the free one where it belongs. A free slot is 0, 0. */
  function find(low: number, high: number): number {
    const mask = slots.length - 1;
    let slot = (low << 1) & mask;
    while ((slots[slot] !== low || slots[slot + 1] !== high) && (slots[slot] !== 0 || slots[slot + 1] !== 0)) {
      slot = (slot + 2) & mask;
    }
    return slot;
  }

  function grow(): void {
    const old = slots;
    slots = new Uint32Array(old.length * 2);
    for (let i = 0; i < old.length; i += 2) {
      if (old[i] === 0 && old[i + 1] === 0) continue;
      const slot = find(old[i]!, old[i + 1]!);
      slots[slot] = old[i]!;
      slots[slot + 1] = old[i + 1]!;
    }
  }

  return {
    add(row) {
      const low = mix(hashText(row));
      const high = mix(hashText(row, 0x9747b28c)) || 1;
      const slot = find(low, high);
      if (slots[slot + 1] !== 0) return false;
      slots[slot] = low;
      slots[slot + 1] = high;
      size++;
      if (size * 3 > slots.length) grow();
      return true;
    },
  };
}
