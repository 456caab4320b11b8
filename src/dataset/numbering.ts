import { hashText, mix } from '../hash.ts';
import { ownCopy } from '../orders/cells.ts';
import { withRoom } from './arrays.ts';

/** Numbers ids from 0 in the order they appear. */
export interface Numbering {
  /** The number of the id; if it has none it gets the next one. */
  number(id: string): number;
  /** The number of the id, or -1. */
  find(id: string): number;
  id(number: number): string;
  readonly size: number;
}

/**
 * An open-addressing hash table in typed arrays, at most half full: a third faster than a Map of a million ids, and not
 * limited to a Map's 16.7 million entries.
 */
export function createNumbering(): Numbering {
  const ids: string[] = [];
  let hashes = new Uint32Array(1 << 10);
  /** The number of an id plus one; 0 is free. */
  let slots = new Uint32Array(1 << 11);
  let mask = slots.length - 1;
  /** The lines of an order follow each other, so the id is often the same as the last one. */
  let lastId = '';
  let lastNumber = -1;

  /** The slot of the id, or the free slot for it. */
  function slotOf(id: string, hash: number): number {
    let slot = hash & mask;
    for (let entry = slots[slot]!; entry !== 0; entry = slots[slot]!) {
      if (hashes[entry - 1] === hash && ids[entry - 1] === id) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  function grow(): void {
    slots = new Uint32Array(slots.length * 2);
    mask = slots.length - 1;
    for (let number = 0; number < ids.length; number++) {
      let slot = hashes[number]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
  }

  return {
    number(id) {
      if (id === lastId && lastNumber !== -1) return lastNumber;
      const hash = mix(hashText(id));
      const slot = slotOf(id, hash);
      let number = slots[slot]! - 1;
      if (number === -1) {
        number = ids.push(ownCopy(id)) - 1;
        hashes = withRoom(hashes, number);
        hashes[number] = hash;
        slots[slot] = number + 1;
        if (ids.length * 2 > slots.length) grow();
      }
      lastId = id;
      lastNumber = number;
      return number;
    },
    find: (id) => slots[slotOf(id, mix(hashText(id)))]! - 1,
    id: (number) => ids[number]!,
    get size() {
      return ids.length;
    },
  };
}
