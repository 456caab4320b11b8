import { ownMemory } from '../../../kernel/memory.ts';
import { numberingCount } from '../../../kernel/operations/record-layout.ts';
import type { Drops } from '../../cleaning/account.ts';
import { cleanCustomerId, cleanId } from '../../cleaning/ids.ts';
import type { OrderLine } from '../../cleaning/lines.ts';
import { type BlockLines, emptySpan, newPurchases, purchaseInts, widen } from '../../csv/records/block-lines.ts';
import {
  changed,
  type DescribedTexts,
  none,
  notePrice,
  priceFloats,
  pricesOf,
  same,
} from '../../csv/records/descriptions.ts';
import { type ByteNumbering, createByteNumbering } from '../../csv/records/numbering.ts';
import type { DateOrder } from '../../times/times.ts';

/** Numbers of ids. */
export interface Ids extends Pick<ByteNumbering, 'number' | 'takeNewIds'> {
  /** The number of a clean id. */
  numberOf(id: string): number;
}

/** Collects clean order lines into blocks that can be sent to another thread. */
export interface Collector {
  readonly customers: Ids;
  readonly products: Ids;
  /** By product: its last name and category in the last block that it is in. */
  readonly names: readonly string[];
  readonly categories: readonly string[];
  /** Adds a line; the caller may reuse the object. Lines count from 0 in each block. */
  addLine(line: OrderLine): void;
  /** Adds a line of the customer and product with these numbers, whatever the line calls them. */
  add(customer: number, product: number, line: OrderLine): void;
  /** Ends the block and begins the next one. */
  take(account: { records: number; textLines: number; dropped: Drops[]; dateOrder: DateOrder | undefined }): BlockLines;
}

/** @param memoryOf gives memory for the purchases of the next block, which is replaced if they do not fit. */
export function createCollector(memoryOf: () => Int32Array): Collector {
  const customers = createIds(cleanCustomerId);
  const products = createIds(cleanId);
  const names = createTexts();
  const categories = createTexts();
  const prices: number[] = [];
  /** By product: the number of the last block that it is in. */
  const lastBlock: number[] = [];
  let described: number[] = [];
  let block = 1;
  let purchases = memoryOf();
  let times = new Float64Array(purchases.buffer);
  let purchaseCount = 0;
  let span = emptySpan();
  let otherSpan = emptySpan();
  let returns: number[] = [];
  let cancelled: number[] = [];
  let cancelledId = '';

  /** A record may hold several lines. */
  function grow(): void {
    const larger = newPurchases((2 * purchases.length) / purchaseInts);
    larger.set(purchases);
    purchases = larger;
    times = new Float64Array(purchases.buffer);
  }

  const collector: Collector = {
    customers,
    products,
    names: names.last,
    categories: categories.last,
    addLine: (line) => collector.add(customers.numberOf(line.customer), products.numberOf(line.product), line),
    add(customer, product, line) {
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
        customers: customers.takeNewIds(),
        products: products.takeNewIds(),
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
      purchases = memoryOf();
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
  return collector;
}

const numberingCounts = Object.keys(numberingCount).length;

/** Numbers ids from 0 in the order they appear. */
function createIds(clean: (cell: unknown) => string | undefined): Ids {
  const { number, takeNewIds } = createByteNumbering(clean, ownMemory, new Uint32Array(numberingCounts));
  const encoder = new TextEncoder();
  let scratch = new Uint8Array(256);
  /** The lines of an order follow each other, so the id is often the same as the last one. */
  let lastId: string | undefined;
  let lastNumber = -1;
  return {
    number,
    takeNewIds,
    numberOf(id) {
      if (id !== lastId) {
        lastId = id;
        if (scratch.length < 3 * id.length) scratch = new Uint8Array(6 * id.length);
        lastNumber = number(scratch, 0, encoder.encodeInto(id, scratch).written);
      }
      return lastNumber;
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
