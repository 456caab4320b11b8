import type { Drops } from '../account.ts';
import { type BlockLines, emptySpan, purchaseInts, widen } from '../csv/records/block-lines.ts';
import {
  changed,
  type DescribedTexts,
  none,
  notePrice,
  priceFloats,
  pricesOf,
  same,
} from '../csv/records/descriptions.ts';
import type { OrderLine } from '../lines.ts';
import type { DateOrder } from '../times/times.ts';

/** Collects clean order lines into blocks that can be sent to another thread. */
export interface Collector {
  /** Adds a line; the caller may reuse the object. Lines count from 0 in each block. */
  add(line: OrderLine): void;
  /** Ends the block and begins the next one. */
  take(account: { records: number; textLines: number; dropped: Drops[]; dateOrder: DateOrder | undefined }): BlockLines;
}

/** @param blockRecords the lines that a block has room for at first. */
export function createCollector(blockRecords: number): Collector {
  const customers = createIds();
  const products = createIds();
  const names = createTexts();
  const categories = createTexts();
  const prices: number[] = [];
  /** By product: the number of the last block that it is in. */
  const lastBlock: number[] = [];
  let described: number[] = [];
  let block = 1;
  let purchases = new Int32Array(blockRecords * purchaseInts);
  let times = new Float64Array(purchases.buffer);
  let purchaseCount = 0;
  let span = emptySpan();
  let otherSpan = emptySpan();
  let returns: number[] = [];
  let cancelled: number[] = [];
  let cancelledId = '';

  /** A record may hold several lines. */
  function grow(): void {
    const larger = new Int32Array(2 * purchases.length);
    larger.set(purchases);
    purchases = larger;
    times = new Float64Array(purchases.buffer);
  }

  return {
    add(line) {
      const customer = customers.number(line.customer);
      const product = products.number(line.product);
      if (line.returned) {
        returns.push(customer, product, line.quantity, line.order, line.time, line.line);
        return;
      }
      const at = purchaseCount++ * purchaseInts;
      if (at === purchases.length) grow();
      purchases[at] = customer;
      purchases[at + 1] = product;
      purchases[at + 2] = line.cancelled === '' ? line.quantity : -line.quantity;
      purchases[at + 3] = line.order;
      times[(at >> 1) + 2] = line.time;
      times[(at >> 1) + 3] = line.otherTime;
      if (line.cancelled === '') {
        widen(span, line.time);
        widen(otherSpan, line.otherTime);
      } else {
        if (cancelled.length === 0) cancelledId = line.cancelled;
        cancelled.push(line.line);
      }
      if (lastBlock[product] !== block) {
        lastBlock[product] = block;
        described.push(product);
        for (let at = 0; at < priceFloats; at++) prices[product * priceFloats + at] = Number.NaN;
        names.last[product] = categories.last[product] = '';
      }
      notePrice(prices, product, line.price);
      if (line.name !== '') names.last[product] = line.name;
      if (line.category !== '') categories.last[product] = line.category;
    },
    take(account) {
      const inBlock = Int32Array.from(described);
      const lines: BlockLines = {
        used: 0,
        ...account,
        customers: customers.takeNew(),
        products: products.takeNew(),
        purchaseCount,
        purchases,
        span,
        otherSpan,
        returns,
        cancelled,
        cancelledId,
        described: {
          products: inBlock,
          prices: pricesOf(inBlock, prices),
          names: names.take(inBlock),
          categories: categories.take(inBlock),
        },
      };
      described = [];
      block++;
      purchases = new Int32Array(blockRecords * purchaseInts);
      times = new Float64Array(purchases.buffer);
      purchaseCount = 0;
      span = emptySpan();
      otherSpan = emptySpan();
      returns = [];
      cancelled = [];
      cancelledId = '';
      return lines;
    },
  };
}

/** V8 allows a Map 2^24 entries. */
const mapEntries = 2 ** 24 - 1;

/** Numbers ids from 0 in the order they appear. */
function createIds() {
  const maps = [new Map<string, number>()];
  let fresh: string[] = [];
  let size = 0;
  /** The lines of an order follow each other, so the id is often the same as the last one. */
  let lastId: string | undefined;
  let lastNumber = -1;

  function find(id: string): number | undefined {
    for (const map of maps) {
      const number = map.get(id);
      if (number !== undefined) return number;
    }
  }

  function add(id: string): number {
    if (maps[maps.length - 1].size === mapEntries) maps.push(new Map());
    maps[maps.length - 1].set(id, size);
    fresh.push(id);
    return size++;
  }

  return {
    number(id: string): number {
      if (id !== lastId) {
        lastId = id;
        lastNumber = find(id) ?? add(id);
      }
      return lastNumber;
    },
    takeNew(): string[] {
      const taken = fresh;
      fresh = [];
      return taken;
    },
  };
}

/** The last name, or category, of each product. */
function createTexts() {
  /** In this block; '' if it has none. */
  const last: string[] = [];
  /** In all blocks before it. */
  const known: string[] = [];
  return {
    last,
    take(products: Int32Array): DescribedTexts {
      const texts: string[] = [];
      const states = Uint8Array.from(products, (product) => {
        const text = last[product];
        if (text === '') return none;
        if (text === known[product]) return same;
        known[product] = text;
        texts.push(text);
        return changed;
      });
      return { states, texts };
    },
  };
}
