import { hashText, mix } from '../../hash.ts';

/** Remembers records by a 64-bit hash; 12 to 24 bytes per record. */
export interface RecordSet {
  /** @returns false if the same record was added before. */
  add(record: string): boolean;
}

/**
 * An open-addressing hash set of 64-bit hashes. The chance that any two different records are taken for the same is
 * about records^2 / 2^65: one in 400,000 for ten million records.
 */
export function createRecordSet(): RecordSet {
  let slots = new Uint32Array(2 << 12);
  let size = 0;

  /** The index of the hash's slot, or of the free slot for it. A free slot is 0, 0. */
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
    add(record) {
      const low = mix(hashText(record));
      const high = mix(hashText(record, 0x9747b28c)) || 1;
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
