import { hashText, mix } from '../orders/hash.ts';
import { ownCopy } from '../orders/values.ts';
import { withRoom } from './pair-numbering.ts';

/** Numbers ids from 0 in the order they come. */
export interface Numbering {
  /** The number of the id, a new one where it has none. */
  number(id: string): number;
  /** The number of the id, or -1. */
  find(id: string): number;
  id(number: number): string;
  readonly size: number;
}

/**
 * An open-addressing hash table in typed arrays, at most half full: a third faster than a Map at a million ids, and not
 * bound to the 16.7 million that a Map can hold.
 */
export function createNumbering(): Numbering {
  const ids: string[] = [];
  let hashes = new Uint32Array(1 << 10);
  /** A number plus one; 0 is free. */
  let slots = new Uint32Array(1 << 11);
  let mask = slots.length - 1;
  /** The rows of an order stand together: often the id is the one just seen. */
  let lastId = '';
  let lastNumber = -1;

  /** The slot of the id, or the free one where it belongs. */
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
