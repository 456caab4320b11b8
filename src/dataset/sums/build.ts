import type { Tally } from '../../orders/cleaning/account.ts';
import {
  type BlockLines,
  emptySpan,
  purchaseInts,
  returnNumbers,
  widen,
} from '../../orders/csv/records/block-lines.ts';
import { withRoom } from '../arrays.ts';
import type { BuildOptions, DatasetBuilder } from '../build.ts';
import { noteDescribed } from '../log/blocks.ts';
import { createCancellations } from '../log/cancellations.ts';
import { createCleaners } from '../log/cleaners.ts';
import { addLine, createLog } from '../log/log.ts';
import { addOrders, createOrderShare } from '../log/order-share.ts';
import type { PairNumbering } from '../log/pair-numbering.ts';
import { type Bought, createReturns, returnedOf } from '../log/returns.ts';
import { notesOf } from '../notes/notes.ts';
import { createNumbering } from '../numbering.ts';
import { createProductDescriptions } from '../product-descriptions.ts';
import { rowsOf } from '../sort.ts';
import { unlistedOf } from '../unlisted/unlisted.ts';
import { countedIn, noUnits, pairsOfSums, usedIn } from './rows.ts';
import { createSums, type Sums } from './sums.ts';

/** Lines that are logged before they are summed up; more if there are so many pairs that it would take long. */
const leastLogged = 2 ** 24;
const pairsPerLogged = 8;
/** Of so many orders, or of a sample of them, it is counted how many may be cancelled: they are counted whether any is or not. */
const ordersCounted = 2 ** 14;

/** How lines become sums. It changes the memory and time that this takes, and where an order that is not read at once may count twice. */
export interface Summing {
  readonly leastLogged?: number;
  /** Bits of the number of a customer within a part. */
  readonly partBits?: number;
  /** So many customers have ids that stay bytes. */
  readonly manyIds?: number;
}

/**
 * Sums order lines up as they come: what the dataset has of a pair, but not of an order. Memory: the ids, the returns, lines
 * that may be returns, and 4 to 28 bytes for each pair.
 *
 * What a log of all lines tells cannot be known then: what several files have in common counts as often as it occurs, and an
 * order whose lines are far apart in the source counts once for each place.
 */
export function createSummingBuilder(
  tally: Tally,
  options: BuildOptions,
  { leastLogged: least = leastLogged, partBits, manyIds }: Summing = {},
): DatasetBuilder {
  const customers = createNumbering();
  const products = createNumbering();
  const descriptions = createProductDescriptions();
  const cleaners = createCleaners(customers, products);
  const sums = createSums(partBits);
  const returns = createReturns();
  const cancellations = createCancellations();
  const orders = createOrderShare(ordersCounted);
  const span = emptySpan();
  const otherSpan = emptySpan();
  /** The last times that are not in the future, as they stand and with day and month swapped. */
  let [lastTime, otherLastTime] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const latest = options.now ?? Date.now();
  let log = createLog();
  let mostLogged = least;
  /** Lines that may be returns. */
  const maybe = createLog();
  let lineCount = 0;
  let orderCount = 0;
  /** By product number, 1 if a line has several units. */
  let several = new Uint8Array(1 << 10);

  function sumUp(): void {
    addOrders(orders, log);
    lineCount += log.lineCount;
    orderCount += log.runCount;
    sums.fold(log);
    log = createLog();
    mostLogged = Math.max(least, Math.floor(sums.size() / pairsPerLogged));
  }

  function addPurchase(
    customer: number,
    product: number,
    quantity: number,
    order: number,
    time: number,
    otherTime: number,
  ): void {
    if (time > lastTime && time <= latest) lastTime = time;
    if (otherTime > otherLastTime && otherTime <= latest) otherLastTime = otherTime;
    if (quantity > 1 || quantity < -1) {
      several = withRoom(several, product);
      several[product] = 1;
    }
    if (quantity < 0) {
      addLine(maybe, customer, product, quantity, order, time, otherTime);
      return;
    }
    if (log.lineCount >= mostLogged && (customer !== log.lastCustomer || order !== log.lastOrder)) sumUp();
    addLine(log, customer, product, quantity, order, time, otherTime);
  }

  function addBlockPurchases({ purchases, purchaseCount, ...lines }: BlockLines, cleaner: number, line: number): void {
    const map = cleaners.of(cleaner);
    const times = new Float64Array(purchases.buffer);
    let cancelled = 0;
    for (let i = 0; i < purchaseCount * purchaseInts; i += purchaseInts) {
      const quantity = purchases[i + 2];
      const [time, otherTime] = [times[(i >> 1) + 2], times[(i >> 1) + 3]];
      if (quantity < 0) cancellations.add(line + lines.cancelled[cancelled++], lines.cancelledId, time, otherTime);
      const [customer, product] = [map.customers[purchases[i]], map.products[purchases[i + 1]]];
      addPurchase(customer, product, quantity, purchases[i + 3], time, otherTime);
    }
    for (let i = 0; i < lines.returns.length; i += returnNumbers) {
      const [customer, product] = [map.customers[lines.returns[i]], map.products[lines.returns[i + 1]]];
      returns.add(customer, product, lines.returns[i + 2], line + lines.returns[i + 5]);
    }
  }

  return {
    add(line) {
      const customer = customers.number(line.customer);
      const product = products.number(line.product);
      const { quantity, order, time, otherTime, cancelled } = line;
      if (line.returned) {
        returns.add(customer, product, quantity, line.line);
        return;
      }
      if (cancelled === '') {
        widen(span, time);
        widen(otherSpan, otherTime);
      } else cancellations.add(line.line, cancelled, time, otherTime);
      addPurchase(customer, product, cancelled === '' ? quantity : -quantity, order, time, otherTime);
      descriptions.note(product, line.name, line.category, line.price);
    },
    beginTable: cleaners.forget,
    learn: cleaners.learn,
    addBlock(cleaner, lines, line) {
      widen(span, lines.span.first, lines.span.last);
      widen(otherSpan, lines.otherSpan.first, lines.otherSpan.last);
      addBlockPurchases(lines, cleaner, line);
      noteDescribed(descriptions, lines.described, cleaners.of(cleaner));
    },
    endFile() {},
    lastTime(swapped) {
      const last = swapped ? otherLastTime : lastTime;
      return last === Number.NEGATIVE_INFINITY ? undefined : last;
    },
    // What a running shop knows is added to orders with a history alone.
    endSource() {},
    addStored() {},
    *finish(columns, dateOrder) {
      const isSwapped = dateOrder === 'dmy';
      const isSequenced = columns.time === undefined && columns.sequence !== undefined;
      sumUp();
      cleaners.forget();
      const cancelled = cancellations.settle(maybe, returns, orders);
      widen(span, cancelled.span.first, cancelled.span.last);
      widen(otherSpan, cancelled.otherSpan.first, cancelled.otherSpan.last);
      if (cancelled.lines === 0) lineCount += maybe.lineCount;
      sums.fold(maybe);
      yield;
      const settled = returns.settle((pairs) => boughtIn(sums, pairs), tally, customers, products);
      yield;
      const used = usedIn(sums, customers.size, products.size);
      const rows = { customers: rowsOf(customers, used.customers, manyIds), products: rowsOf(products, used.products) };
      customers.forget();
      products.forget();
      yield;
      const counted = countedIn(sums, rows.products);
      const { reduced } = settled;
      for (const [pair, units] of reduced.quantities.entries())
        setUnits(sums, reduced.customers[pair], reduced.products[pair], units);
      const pairs = yield* pairsOfSums(sums, rows.customers, rows.products, isSwapped);
      const { lastPurchase: _, ...sequenced } = pairs.purchases;
      const purchases = isSequenced ? sequenced : pairs.purchases;
      const { first, last } = isSwapped ? otherSpan : span;
      const account = tally.account({
        purchases: lineCount - settled.droppedLines,
        returns: settled.returns,
        columns,
        ...(!isSequenced && last >= first && { firstPurchase: first, lastPurchase: last }),
      });
      const productInfo = Array.from(rows.products.numbers, descriptions.infoOf);
      const rowPrices = (row: number) => descriptions.pricesOf(rows.products.numbers[row]);
      const single = Uint8Array.from(rows.products.numbers, (number) => +!several[number]);
      const facts = { repeated: 0, apart: 0, units: counted.units, holding: counted.holding, single };
      const { ids } = rows.products;
      const listing = unlistedOf(ids, productInfo, rowPrices, facts, orderCount, options);
      const returned = returnedOf(settled.returned, rows.customers, rows.products);
      const data = {
        customers: rows.customers.ids,
        products: ids,
        productInfo,
        purchases,
        ...(listing.unlisted && { unlisted: listing.unlisted }),
        ...(returned && { returned }),
        account,
      };
      const sharedOrders = { looked: 0, shared: 0, isSample: true };
      const notes = [
        ...listing.notes,
        ...notesOf(data, { now: latest, facts, orders: orderCount, cancelled, sharedOrders }),
      ];
      return { dataset: { ...data, byProduct: pairs.byProduct, units: counted.units, notes }, leftOut: 0 };
    },
  };
}

function linesAt({ lines, orders }: Sums['parts'][number], place: number): number {
  return lines?.[place] ?? orders?.[place] ?? 1;
}

function boughtIn(sums: Sums, pairs: PairNumbering): Bought {
  const bought = { units: new Float64Array(pairs.size), lines: new Uint32Array(pairs.size) };
  for (let pair = 0; pair < pairs.size; pair++) {
    const found = sums.find(pairs.customers[pair], pairs.products[pair]);
    if (found === undefined) continue;
    const { part, place } = found;
    bought.lines[pair] = linesAt(part, place);
    bought.units[pair] = part.units?.[place] ?? bought.lines[pair];
  }
  return {
    ...bought,
    drop(isReturned) {
      for (let pair = 0; pair < pairs.size; pair++)
        if (isReturned(pair)) setUnits(sums, pairs.customers[pair], pairs.products[pair], noUnits);
    },
  };
}

function setUnits(sums: Sums, customer: number, product: number, units: number): void {
  const found = sums.find(customer, product);
  if (found === undefined) return;
  const { part, place } = found;
  part.units ??= Uint32Array.from({ length: part.size }, (_, i) => linesAt(part, i));
  part.units[place] = units;
}
