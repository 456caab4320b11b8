/** The pairs of some customers, whose numbers follow each other, as they are while further lines of them are read. */
import { hasId, noOrder } from '../../orders/cleaning/lines.ts';
import { dayMs } from '../../orders/times/calendar.ts';

/** Lines of one order may be this far apart in time; see `historyOf`. */
const maxGap = 7 * dayMs;

/** Pairs as columns, with ascending product numbers for each customer. What is absent is the same as another column. */
export interface Part {
  /** Where the pairs of each customer begin, and where those of the last one end. */
  readonly starts: Uint32Array;
  /** Of all columns; they may be longer. */
  size: number;
  products: Uint32Array;
  /** Orders that hold the product; if absent, 1. */
  orders?: Uint32Array;
  /** Lines; if absent, as many as orders. */
  lines?: Uint32Array;
  /** Units; if absent, as many as lines. Whole numbers. */
  units?: Uint32Array | Float64Array;
  /** The last time, NaN for none; if absent, NaN. */
  last?: Float64Array;
  /** The same with day and month swapped; if absent, the same. */
  otherLast?: Float64Array;
}

/** Order lines as columns, by part, and within one in the order they were read. */
export interface PartLines {
  readonly customers: Uint32Array;
  readonly products: Uint32Array;
  readonly quantities: Int32Array;
  /** See `OrderLine`. */
  readonly orders: Int32Array;
  readonly times: Float64Array;
  readonly otherTimes: Float64Array;
}

export function emptyPart(customers: number): Part {
  return { starts: new Uint32Array(customers + 1), size: 0, products: new Uint32Array(0) };
}

/** Memory that merging uses again and again. */
export interface Scratch {
  readonly order: Uint32Array;
  readonly begins: Uint32Array;
  readonly products: Uint32Array;
  readonly orders: Uint32Array;
  readonly lines: Uint32Array;
  readonly units: Float64Array;
  readonly last: Float64Array;
  readonly otherLast: Float64Array;
}

/** @param lines of one part at a time, at most. @param pairs of one part, at most. */
export function createScratch(customers: number, lines: number, pairs: number): Scratch {
  return {
    order: new Uint32Array(lines),
    begins: new Uint32Array(customers + 1),
    products: new Uint32Array(pairs),
    orders: new Uint32Array(pairs),
    lines: new Uint32Array(pairs),
    units: new Float64Array(pairs),
    last: new Float64Array(pairs),
    otherLast: new Float64Array(pairs),
  };
}

/** Adds the lines from one place up to another to the part, all of whose customers have numbers from `first` on. */
export function mergeLines(
  part: Part,
  first: number,
  lines: PartLines,
  from: number,
  to: number,
  scratch: Scratch,
): void {
  const { starts, products, orders, lines: counts, units, last, otherLast } = part;
  const { order, begins, ...out } = scratch;
  sortByCustomer(lines.customers, first, from, to, order, begins);
  const customers = starts.length - 1;
  let size = 0;
  let old = 0;
  for (let customer = 0; customer < customers; customer++) {
    const oldEnd = starts[customer + 1];
    let at = begins[customer];
    const end = begins[customer + 1];
    if (end - at > 1) sortByKey(order, at, end, lines.products);
    starts[customer] = size;
    while (old < oldEnd || at < end) {
      const product = Math.min(
        old < oldEnd ? products[old] : Number.POSITIVE_INFINITY,
        at < end ? lines.products[order[at]] : Number.POSITIVE_INFINITY,
      );
      out.products[size] = product;
      if (old < oldEnd && products[old] === product) {
        const ownOrders = orders === undefined ? 1 : orders[old];
        const ownLines = counts === undefined ? ownOrders : counts[old];
        const time = last === undefined ? Number.NaN : last[old];
        out.orders[size] = ownOrders;
        out.lines[size] = ownLines;
        out.units[size] = units === undefined ? ownLines : units[old];
        out.last[size] = time;
        out.otherLast[size] = otherLast === undefined ? time : otherLast[old];
        old++;
      } else {
        out.orders[size] = out.lines[size] = out.units[size] = 0;
        out.last[size] = out.otherLast[size] = Number.NaN;
      }
      for (let before = -1; at < end && lines.products[order[at]] === product; at++) {
        const line = order[at];
        out.lines[size]++;
        out.units[size] += lines.quantities[line];
        if (before < 0 || !areOneOrder(lines, before, line)) out.orders[size]++;
        out.last[size] = later(out.last[size], lines.times[line]);
        out.otherLast[size] = later(out.otherLast[size], lines.otherTimes[line]);
        before = line;
      }
      size++;
    }
  }
  starts[customers] = size;
  store(part, out, size);
}

/** Whether two lines of a customer and product are of one order. */
function areOneOrder({ orders, times }: PartLines, line: number, other: number): boolean {
  if (orders[line] !== orders[other] || orders[line] === noOrder) return false;
  return !(hasId(orders[line]) && Math.abs(times[line] - times[other]) > maxGap);
}

/** The later of two times, of which either may be NaN for none. */
function later(time: number, other: number): number {
  return time >= other || Number.isNaN(other) ? time : other;
}

/** Places of the lines by customer, in the order they were read, and where those of each customer begin. */
function sortByCustomer(
  customers: Uint32Array,
  first: number,
  from: number,
  to: number,
  order: Uint32Array,
  begins: Uint32Array,
): void {
  begins.fill(0);
  for (let line = from; line < to; line++) begins[customers[line] - first + 1]++;
  for (let i = 1; i < begins.length; i++) begins[i] += begins[i - 1];
  for (let line = from; line < to; line++) order[begins[customers[line] - first]++] = line;
  // Each is now where the next one begins.
  begins.copyWithin(1, 0, begins.length - 1);
  begins[0] = 0;
}

/** Of more places than this, keys are sorted as numbers. */
const fewPlaces = 40;
/** Where a 64-bit number has its upper half. */
const upper = new Uint8Array(Uint32Array.of(1).buffer)[0];

/** Sorts places from one index up to another by their keys; equal ones keep their order if they ascend. */
export function sortByKey(places: Uint32Array, from: number, to: number, keys: Uint32Array): void {
  if (to - from > fewPlaces) {
    const words = new Uint32Array(2 * (to - from));
    for (let i = from, at = 0; i < to; i++, at += 2) {
      words[at + upper] = keys[places[i]];
      words[at + 1 - upper] = places[i];
    }
    new BigUint64Array(words.buffer).sort();
    for (let i = from, at = 1 - upper; i < to; i++, at += 2) places[i] = words[at];
    return;
  }
  for (let i = from + 1; i < to; i++) {
    const place = places[i];
    const key = keys[place];
    let at = i;
    for (; at > from && keys[places[at - 1]] > key; at--) places[at] = places[at - 1];
    places[at] = place;
  }
}

/** Keeps the columns that are not the same as others. */
function store(part: Part, out: Omit<Scratch, 'order' | 'begins'>, size: number): void {
  let [hasOrders, hasLines, hasUnits, hasTimes, hasOthers] = [false, false, false, false, false];
  let most = 0;
  for (let i = 0; i < size; i++) {
    if (out.orders[i] !== 1) hasOrders = true;
    if (out.lines[i] !== out.orders[i]) hasLines = true;
    if (out.units[i] !== out.lines[i]) hasUnits = true;
    if (out.units[i] > most) most = out.units[i];
    if (!Number.isNaN(out.last[i])) {
      hasTimes = true;
      if (out.otherLast[i] !== out.last[i]) hasOthers = true;
    }
  }
  part.size = size;
  part.products = copied(part.products, out.products, size);
  if (hasOrders) part.orders = copied(part.orders ?? new Uint32Array(0), out.orders, size);
  if (hasLines) part.lines = copied(part.lines ?? new Uint32Array(0), out.lines, size);
  const units = part.units ?? new Uint32Array(0);
  if (hasUnits) part.units = copied(most < 2 ** 32 ? units : Float64Array.from(units), out.units, size);
  if (hasTimes) part.last = copied(part.last ?? new Float64Array(0), out.last, size);
  // A later date may be one that can be read in one way only.
  part.otherLast = hasOthers ? copied(part.otherLast ?? new Float64Array(0), out.otherLast, size) : undefined;
}

/** The first values, in the same memory if they fit into it, else in some more than they need. */
function copied<T extends Uint32Array | Float64Array>(column: T, values: Uint32Array | Float64Array, size: number): T {
  const room =
    size <= column.length ? column : (new (column.constructor as new (length: number) => T)(size + (size >> 4)) as T);
  room.set(values.subarray(0, size));
  return room;
}
