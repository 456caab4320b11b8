import { onlyKnown, wholeNumber } from '../options.ts';
import { dayMs } from '../orders/times/calendar.ts';
import { checkSeed, createRandom, createSampler } from '../random.ts';
import { createCustomers, type Flaw } from './customers.ts';
import { categories, createProducts } from './products.ts';

export interface SampleOptions {
  /** Number of order lines, including dirty ones and returns; 1 to 1,000,000,000; 20,000 by default. */
  lines?: number;
  /** Number of customers, some of whom may never order; 1 to 10,000,000; lines / 16 within that range by default. */
  customers?: number;
  /** Number of products; 1 to 1,000,000; 2.5 x the square root of lines, but at least 14, by default. */
  products?: number;
  /** A whole number from 0 to 2^53 - 1; 1 by default. */
  seed?: number;
}

/** One order line as a file has it: a record of text cells by column. */
export interface SampleRecord {
  order_id: string;
  customer_id: string;
  product_id: string;
  product_name: string;
  category: string;
  quantity: string;
  /** Of one unit. */
  price: string;
  /** ISO 8601, UTC. */
  ordered_at: string;
}

const columns: readonly (keyof SampleRecord)[] = [
  'order_id',
  'customer_id',
  'product_id',
  'product_name',
  'category',
  'quantity',
  'price',
  'ordered_at',
];

const firstDay = Date.UTC(2024, 6, 1);
/** 18 months, to the end of December 2025. */
const days = 549;
const monthDemand = [0.85, 0.85, 0.9, 0.95, 1, 0.9, 0.8, 0.8, 0.95, 1.05, 1.4, 1.7];
const weekdayDemand = [0.8, 1.15, 1.1, 1.05, 1.05, 1.1, 0.75];
const hourDemand = [2, 1, 1, 1, 1, 2, 4, 8, 12, 15, 17, 17, 16, 15, 14, 14, 14, 15, 17, 20, 22, 19, 12, 6];

/**
 * Order lines of a made-up fine-food and kitchen shop over 18 months, in time order: with long-tailed products and
 * customers, taste groups and favorite brands, habits of buying again, weekly and seasonal rhythm, launches, returns of
 * earlier purchases (order id `C...`, quantity below zero), and a few percent of dirty records. The same options give
 * the same records on every platform.
 *
 * @throws `invalid_options`.
 * @example
 * const dataset = await readOrders(sampleOrders({ lines: 5000 }));
 */
export function sampleOrders(options: SampleOptions = {}): Generator<SampleRecord> {
  return recordsOf(settingsOf(options));
}

function* recordsOf({ lines, customers, products, seed }: Required<SampleOptions>): Generator<SampleRecord> {
  const random = createRandom(seed);
  const assortment = createProducts(products, days, random);
  const cells = assortment.map(({ id, name, category, price }) => {
    return { id, name, category: categories[category].name, price: (price / 100).toFixed(2) };
  });
  const buyers = createCustomers(
    assortment,
    customers,
    Array.from({ length: days }, (_, day) => monthOf(day)),
    random,
  );
  const pickHour = createSampler(hourDemand, random);

  const demand = Array.from({ length: days }, (_, day) => demandOf(day) * (0.8 + 0.4 * random.uniform()));
  let demandLeft = demand.reduce((sum, share) => sum + share, 0);
  let linesLeft = lines;
  let orderNumber = 500_000;
  for (let day = 0; day < days; day++) {
    const dayLines =
      day === days - 1 ? linesLeft : Math.min(linesLeft, Math.round((linesLeft * demand[day]) / demandLeft));
    demandLeft -= demand[day];
    linesLeft -= dayLines;
    const orders = buyers.ordersOf(day, dayLines);
    const seconds = Float64Array.from(orders, () => pickHour() * 3600 + random.below(3600)).sort();
    const date = new Date(firstDay + day * dayMs).toISOString().slice(0, 11);
    for (const [i, order] of orders.entries()) {
      const time = `${date}${clock(seconds[i])}Z`;
      const number = String(orderNumber++);
      for (const { product, quantity, flaw } of order.lines) {
        const { id, name, category, price } = cells[product];
        const record = {
          order_id: quantity < 0 ? `C${number}` : number,
          customer_id: order.guest ? '' : `${10_001 + order.customer}${flaw === 'decimal customer' ? '.0' : ''}`,
          product_id: id,
          product_name: name,
          category,
          quantity: quantityCell(quantity, flaw),
          price,
          ordered_at: flaw === 'no date' ? '0000-00-00 00:00:00' : time,
        };
        yield record;
        if (flaw === 'twice') yield { ...record };
      }
    }
  }
}

/**
 * The records of `sampleOrders` as CSV text with a header, in chunks of about 64 KiB.
 *
 * @throws `invalid_options`.
 * @example
 * for (const text of sampleCsv({ lines: 5000 })) process.stdout.write(text);
 */
export function sampleCsv(options: SampleOptions = {}): Generator<string> {
  return csvOf(sampleOrders(options));
}

function* csvOf(records: Iterable<SampleRecord>): Generator<string> {
  const quotedOnce = new Map<string, string>();
  const cell = (text: string): string => {
    let quoted = quotedOnce.get(text);
    if (quoted === undefined) {
      quoted = /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
      quotedOnce.set(text, quoted);
    }
    return quoted;
  };
  let text = `${columns.join(',')}\n`;
  for (const record of records) {
    const product = `${record.product_id},${cell(record.product_name)},${cell(record.category)}`;
    text += `${record.order_id},${record.customer_id},${product},${record.quantity},${record.price},${record.ordered_at}\n`;
    if (text.length >= 65_536) {
      yield text;
      text = '';
    }
  }
  if (text !== '') yield text;
}

function quantityCell(quantity: number, flaw: Flaw): string {
  if (flaw === 'no quantity') return '';
  if (flaw === 'unreadable quantity') return 'n/a';
  return flaw === 'decimal quantity' ? `${quantity}.0` : String(quantity);
}

function clock(seconds: number): string {
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

function monthOf(day: number): number {
  return new Date(firstDay + day * dayMs).getUTCMonth();
}

function demandOf(day: number): number {
  const weekday = new Date(firstDay + day * dayMs).getUTCDay();
  return monthDemand[monthOf(day)] * weekdayDemand[weekday] * (1 + (0.5 * day) / days);
}

/** Every option with its value or default. Throws `invalid_options` that names the option. */
function settingsOf(options: SampleOptions): Required<SampleOptions> {
  onlyKnown(options, ['lines', 'customers', 'products', 'seed']);
  const lines = wholeNumber('lines', options.lines ?? 20_000, 1, 1e9);
  const { customers = Math.min(1e7, Math.max(1, Math.round(lines / 16))) } = options;
  const { products = Math.max(14, Math.round(2.5 * Math.sqrt(lines))), seed = 1 } = options;
  return {
    lines,
    customers: wholeNumber('customers', customers, 1, 1e7),
    products: wholeNumber('products', products, 1, 1e6),
    seed: checkSeed(seed),
  };
}
