import { withRoom } from '../arrays.ts';

/** Numbers customer-product pairs from 0 in the order they appear. Takes 14 to 28 bytes per pair. */
export interface PairNumbering {
  /** The number of the pair, or -1. */
  find(customer: number, product: number): number;
  /** The number of the pair; if it has none it gets the next one, and `size` grows by one. */
  number(customer: number, product: number): number;
  readonly size: number;
  /** The customer and product of each pair; may be longer than `size`, and are replaced as the numbering grows. */
  readonly customers: Uint32Array;
  readonly products: Uint32Array;
}

/** An open-addressing hash table with linear probing, at most two thirds full. */
export function createPairNumbering(): PairNumbering {
  let size = 0;
  let customers = new Uint32Array(1 << 10);
  let products = new Uint32Array(1 << 10);
  /** The number of a pair plus one; 0 is free. */
  let slots = new Uint32Array(1 << 11);
  let mask = slots.length - 1;

  /** The slot of the pair, or the free slot for it. */
  function slotOf(customer: number, product: number): number {
    let hash = Math.imul(customer, 0x9e3779b1) ^ Math.imul(product, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (let pair = slots[slot]!; pair !== 0; pair = slots[slot]!) {
      if (customers[pair - 1] === customer && products[pair - 1] === product) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  return {
    find: (customer, product) => slots[slotOf(customer, product)]! - 1,
    number(customer, product) {
      let slot = slotOf(customer, product);
      if (slots[slot] !== 0) return slots[slot]! - 1;
      if ((size + 1) * 3 > slots.length * 2) {
        slots = new Uint32Array(slots.length * 2);
        mask = slots.length - 1;
        for (let pair = 0; pair < size; pair++) slots[slotOf(customers[pair]!, products[pair]!)] = pair + 1;
        slot = slotOf(customer, product);
      }
      customers = withRoom(customers, size);
      products = withRoom(products, size);
      customers[size] = customer;
      products[size] = product;
      slots[slot] = ++size;
      return size - 1;
    },
    get size() {
      return size;
    },
    get customers() {
      return customers;
    },
    get products() {
      return products;
    },
  };
}
