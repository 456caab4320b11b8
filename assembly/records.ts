// Cleans records of CSV straight from their bytes.
import {
  hashOf, hasByte, isCancelled, isCleanId, isFault, isPresent, isUnusual, isUsual, otherTime, price, quantity, readOne,
  readPrice, readQuantity, readTime, time,
} from './cells';
import { equal64, word64 } from './masks';
import { noRow } from './selection';

// Places in `format`, in `state`, and in the counts of a hash table of ids.
const formatSeparator: usize = 0, formatLineBreak: usize = 1, formatWidth: usize = 2, formatLeftOut: usize = 3;
const formatHeaderLength: usize = 4, formatHeader: usize = 5, formatCustomer: usize = 6, formatProduct: usize = 7;
const formatQuantity: usize = 8, formatOrder: usize = 9, formatTime: usize = 10, formatPrice: usize = 11;
const formatName: usize = 12, formatCategory: usize = 13;
const stateAt: usize = 0, stateLine: usize = 1, stateRecords: usize = 2, stateDateOrder: usize = 3, stateBlock: usize = 4;
const statePurchases: usize = 5, statePurchaseRoom: usize = 6, stateReturns: usize = 7, stateReturnRoom: usize = 8;
const stateCancelled: usize = 9, stateCancelledRoom: usize = 10, stateDeferred: usize = 11, stateDeferredRoom: usize = 12;
const stateSeen: usize = 13, stateProductRoom: usize = 14, stateCustomers: usize = 15, stateProducts: usize = 22;
const countSlots: usize = 0, countStoreRoom: usize = 1, countFreshRoom: usize = 2, countIds: usize = 3;
const countCells: usize = 4, countStored: usize = 5, countFresh: usize = 6;
// Why cleanRecords stopped.
const atEnd: u32 = 0, atRecord: u32 = 1, forRoom: u32 = 2;

@inline
function get(array: usize, place: usize): u32 {
  return load<u32>(array + (place << 2));
}

@inline
function set(array: usize, place: usize, value: u32): void {
  store<u32>(array + (place << 2), value);
}

// Returns the count before.
@inline
function increase(array: usize, place: usize): u32 {
  const before = get(array, place);
  set(array, place, before + 1);
  return before;
}

// Instead of the number of an id.
const noId: i64 = -1, unusualId: i64 = -2, noRoom: i64 = -3;
// Cells of at most so many bytes are in their slot; longer ones in the store, up to so many bytes.
const shortBytes: u32 = 8, storedBytes: u32 = 4096;
// Longer records are left to the caller.
const maxRecord: u32 = 1 << 20;

@inline
function spreadHash(low: u32, high: u32): u32 {
  const hash = (low ^ ((high ^ (high >> 15)) * 0x85ebca6b)) * 0x9e3779b1;
  return ((hash ^ (hash >> 15)) * 0x2c1b3c6d) ^ (hash >> 13);
}

function hashOfLong(p: usize, length: u32): u32 {
  let hash = length;
  for (let i: u32 = 0; i < length; i += 4) {
    hash = (hash ^ u32(word64(p + i, min<u32>(length - i, 4)))) * 0x9e3779b1;
    hash ^= hash >> 15;
  }
  return hash;
}

function equalLong(stored: usize, p: usize, length: u32): bool {
  for (let i: u32 = 0; i + 8 < length; i += 8) if (load<u64>(stored + i) != load<u64>(p + i)) return false;
  return load<u64>(stored + length - 8) == load<u64>(p + length - 8);
}

// The number of the id in a cell that is not blank: a new one for a new id that is clean as it is.
function numberOf(
  p: usize, length: u32, place: u32, isCustomer: bool, slots: usize, stored: usize, fresh: usize, counts: usize,
): i64 {
  const isLong = length > shortBytes, word: u64 = isLong ? hashOfLong(p, length) : word64(p, length);
  const first = u32(word);
  let second = u32(word >> 32);
  const last = get(counts, countSlots) - 1;
  let at = spreadHash(first, second) & last;
  for (; load<u32>(slots + (at << 4)); at = (at + 1) & last) {
    const slot = slots + (at << 4);
    if (load<u32>(slot, 4) != length || load<u32>(slot, 8) != first) continue;
    const other = load<u32>(slot, 12);
    if (isLong ? equalLong(stored + other, p, length) : other == second) return i64(load<u32>(slot)) - 2;
  }
  if (length > storedBytes || !isCleanId(p, length) || (isCustomer && hasByte(p, length, 0x40))) return unusualId;
  const isFull = (u64(get(counts, countCells)) + 1) * 3 > u64(get(counts, countSlots)) * 2;
  if (isFull || get(counts, countFresh) == get(counts, countFreshRoom)) return noRoom;
  if (get(counts, countStored) + length > get(counts, countStoreRoom)) return noRoom;
  if (isLong) {
    second = get(counts, countStored);
    memory.copy(stored + second, p, length);
    set(counts, countStored, second + length);
  }
  const number = increase(counts, countIds), slot = slots + (at << 4);
  store<u32>(slot, number + 2);
  store<u32>(slot, length, 4);
  store<u32>(slot, first, 8);
  store<u32>(slot, second, 12);
  increase(counts, countCells);
  const id = fresh + (increase(counts, countFresh) << 3);
  store<u32>(id, place);
  store<u32>(id, place + length, 4);
  return number;
}

// The separators and line breaks of 64 bytes of the text, from `base` on, as bits.
let base: u32 = 0, bits: u64 = 0;

@inline
function look(text: usize, separator: u8, lineBreak: u8, from: u32): void {
  base = from;
  bits = equal64(text + from, separator) | equal64(text + from, lineBreak);
}

// The first separator or line break from `at` on.
@inline
function endFrom(text: usize, separator: u8, lineBreak: u8, at: u32): u32 {
  if (at - base >= 64) look(text, separator, lineBreak, at & ~63);
  let left = bits & (~(<u64>0) << (at & 63));
  while (!left) {
    look(text, separator, lineBreak, base + 64);
    left = bits;
  }
  return base + u32(ctz(left));
}

const quote: u8 = 0x22, carriageReturn: u8 = 0x0d, lineFeed: u8 = 0x0a, blank: u8 = 0x20;

// The lines of the record that was split last.
let lines: u32 = 1;

// The first quote from `at` on; adds the line breaks before it to `lines`.
function quoteFrom(text: usize, at: u32, lineBreak: u8): u32 {
  while (true) {
    const quotes = equal64(text + at, quote), breaks = equal64(text + at, lineBreak);
    if (!quotes) lines += u32(popcnt(breaks));
    else {
      lines += u32(popcnt(breaks & ((quotes & (0 - quotes)) - 1)));
      return at + u32(ctz(quotes));
    }
    at += 64;
  }
}

// Marks the end of a cell with doubled quotes.
const doubledQuotes: u32 = 0x80000000;

// Finds the cells of the record at `at`: starts, then ends. Returns where the next one starts, or 0 if the record is unusual.
function splitRecord(text: usize, separator: u8, lineBreak: u8, at: u32, length: u32, width: u32, cells: usize): u32 {
  const start = at, ends = cells + (width << 2);
  lines = 1;
  let count: u32 = 0;
  while (true) {
    let from = at, to: u32, mark: u32 = 0;
    if (load<u8>(text + at) == quote) {
      from++;
      for (at = from; ; at += 2) {
        at = quoteFrom(text, at, lineBreak);
        if (at >= length || at - start >= maxRecord) return 0;
        if (load<u8>(text + at, 1) != quote) break;
        mark = doubledQuotes;
      }
      to = at++;
      if (load<u8>(text + at) == carriageReturn && load<u8>(text + at, 1) == lineFeed && lineBreak == lineFeed) at++;
      if (load<u8>(text + at) != separator && load<u8>(text + at) != lineBreak) return 0;
    } else {
      if (load<u8>(text + at) == blank) {
        let ahead = at + 1;
        while (load<u8>(text + ahead) == blank) ahead++;
        if (load<u8>(text + ahead) == quote) return 0;
      }
      at = to = endFrom(text, separator, lineBreak, at);
      if (load<u8>(text + at) == lineBreak && to > from && load<u8>(text + to - 1) == carriageReturn) to--;
    }
    if (count == width || at >= length) return 0;
    set(cells, count, from);
    set(ends, count, to | mark);
    count++;
    if (load<u8>(text + at) == lineBreak) return count == width && at - start < maxRecord ? at + 1 : 0;
    at++;
  }
}

// Integers by product in `places`; see src/orders/csv/records/descriptions.ts.
const placeInts: usize = 8, nameAt: usize = 1, categoryAt: usize = 4, priceFloats: usize = 4, inQuotes: u32 = 2;

function notePrice(prices: usize): void {
  if (price > 0) {
    store<f64>(prices, price);
    if (!(load<f64>(prices, 8) <= price)) store<f64>(prices, price, 8);
  }
  if (!(load<f64>(prices, 16) >= price) && price == price) store<f64>(prices, price, 16);
  if (!(load<f64>(prices, 24) <= price) && price == price) store<f64>(prices, price, 24);
}

@inline
function noteText(places: usize, length: u32, place: u32, end: u32): void {
  if (length == 0) return;
  set(places, 0, place);
  set(places, 1, place + length);
  set(places, 2, end & doubledQuotes ? inQuotes : 0);
}

@inline
function widen(span: usize, time: f64): void {
  if (time < load<f64>(span)) store<f64>(span, time);
  if (time > load<f64>(span, 8)) store<f64>(span, time, 8);
}

export function cleanRecords(
  text: usize, length: u32, format: usize, header: usize, state: usize, spans: usize, cells: usize, customerSlots: usize,
  customerStore: usize, newCustomers: usize, productSlots: usize, productStore: usize, newProducts: usize, places: usize,
  prices: usize, seen: usize, purchases: usize, returns: usize, cancelled: usize, deferred: usize,
): u32 {
  const width = get(format, formatWidth), ends = cells + (width << 2);
  const separator = u8(get(format, formatSeparator)), lineBreak = u8(get(format, formatLineBreak));
  if (get(state, stateAt) < length) look(text, separator, lineBreak, get(state, stateAt) & ~63);
  while (get(state, stateAt) < length) {
    const at = get(state, stateAt), next = splitRecord(text, separator, lineBreak, at, length, width, cells);
    if (!next) return atRecord;
    let doubled: u32 = 0;
    for (let place = formatHeader; place < formatName; place++) {
      const column = get(format, place);
      if (column < width) doubled |= get(ends, column);
    }
    if (doubled & doubledQuotes) return atRecord;

    const title = get(format, formatHeader), headerLength = get(format, formatHeaderLength);
    if (title < width && get(ends, title) - get(cells, title) == headerLength) {
      const p = text + get(cells, title);
      let same: u32 = 0;
      while (same < headerLength && load<u8>(p + same) == load<u8>(header + same)) same++;
      if (same == headerLength) return atRecord;
    }

    const customerAt = get(format, formatCustomer), customerPlace = get(cells, customerAt);
    const customerLength = get(ends, customerAt) - customerPlace;
    let customer = noId, product = noId;
    if (customerLength)
      customer = numberOf(
        text + customerPlace, customerLength, customerPlace, true, customerSlots, customerStore, newCustomers,
        state + (stateCustomers << 2),
      );
    const isLeftOut = customer >= noId && customer < i64(get(format, formatLeftOut));
    const productAt = get(format, formatProduct), productPlace = get(cells, productAt);
    const productLength = get(ends, productAt) - productPlace;
    if (!isLeftOut && customer >= 0 && productLength)
      product = numberOf(
        text + productPlace, productLength, productPlace, false, productSlots, productStore, newProducts,
        state + (stateProducts << 2),
      );
    if (customer == noRoom || product == noRoom) return forRoom;
    if (customer == unusualId || product == unusualId) return atRecord;

    // A record is dropped for its first fault, whatever follows.
    let read = isLeftOut || customer == noId || product == noId ? isFault : isUsual;
    const unitsAt = get(format, formatQuantity), timeAt = get(format, formatTime);
    if (read == isUsual) {
      if (unitsAt >= width) readOne();
      else read = readQuantity(text + get(cells, unitsAt), get(ends, unitsAt) - get(cells, unitsAt));
    }
    const timePlace = timeAt < width ? get(cells, timeAt) : 0, timeLength = timeAt < width ? get(ends, timeAt) - timePlace : 0;
    if (read == isUsual) read = readTime(text + timePlace, timeLength, get(state, stateDateOrder));
    if (read == isUnusual) return atRecord;
    if (read == isFault) {
      if (get(state, stateDeferred) == get(state, stateDeferredRoom)) return forRoom;
      const record = deferred + (increase(state, stateDeferred) << 3);
      set(record, 0, at);
      set(record, 1, get(state, stateLine));
    } else {
      const priceAt = get(format, formatPrice), pricePlace = priceAt < width ? get(cells, priceAt) : 0;
      if (!readPrice(text + pricePlace, priceAt < width ? get(ends, priceAt) - pricePlace : 0)) return atRecord;
      const nameColumn = get(format, formatName), namePlace = nameColumn < width ? get(cells, nameColumn) : 0;
      const nameEnd = nameColumn < width ? get(ends, nameColumn) : 0, nameLength = (nameEnd & ~doubledQuotes) - namePlace;
      if (nameLength && !isPresent(text + namePlace, nameLength)) return atRecord;
      const kindColumn = get(format, formatCategory), kindPlace = kindColumn < width ? get(cells, kindColumn) : 0;
      const kindEnd = kindColumn < width ? get(ends, kindColumn) : 0, kindLength = (kindEnd & ~doubledQuotes) - kindPlace;
      if (kindLength && !isPresent(text + kindPlace, kindLength)) return atRecord;
      // As `orderNumber` and `timeNumber` of src/orders/cleaning/lines.ts: even for an id, odd for a time, all ones for neither.
      const orderAt = get(format, formatOrder), orderPlace = orderAt < width ? get(cells, orderAt) : 0;
      const orderLength = orderAt < width ? get(ends, orderAt) - orderPlace : 0;
      let orderNumber = noRow;
      if (orderLength) {
        if (!isCleanId(text + orderPlace, orderLength)) return atRecord;
        orderNumber = hashOf(text + orderPlace, orderLength) & ~1;
      } else if (time == time) {
        orderNumber = hashOf(text + timePlace, timeLength) | 1;
        if (orderNumber == noRow) orderNumber = noRow - 2;
      }
      if (quantity < 0) {
        if (get(state, stateReturns) == get(state, stateReturnRoom)) return forRoom;
        const line = returns + usize(increase(state, stateReturns)) * 48;
        store<f64>(line, f64(customer));
        store<f64>(line, f64(product), 8);
        store<f64>(line, -f64(quantity), 16);
        store<f64>(line, f64(i32(orderNumber)), 24);
        store<f64>(line, time, 32);
        store<f64>(line, f64(get(state, stateLine)), 40);
      } else {
        const mayBeReturn = isCancelled(text + orderPlace, orderLength);
        if (get(state, statePurchases) == get(state, statePurchaseRoom)) return forRoom;
        if (product >= i64(get(state, stateProductRoom))) return forRoom;
        if (mayBeReturn) {
          if (get(state, stateCancelled) == get(state, stateCancelledRoom)) return forRoom;
          const record = cancelled + usize(increase(state, stateCancelled)) * 12;
          set(record, 0, get(state, stateLine));
          set(record, 1, orderPlace);
          set(record, 2, orderPlace + orderLength);
        }
        const line = purchases + (usize(increase(state, statePurchases)) << 5);
        set(line, 0, u32(customer));
        set(line, 1, u32(product));
        set(line, 2, u32(mayBeReturn ? -quantity : quantity));
        set(line, 3, orderNumber);
        store<f64>(line, time, 16);
        store<f64>(line, otherTime, 24);
        if (!mayBeReturn) {
          widen(spans, time);
          widen(spans + 16, otherTime);
        }
        const own = places + ((usize(product) * placeInts) << 2), ownPrices = prices + ((usize(product) * priceFloats) << 3);
        if (get(own, 0) != get(state, stateBlock)) {
          set(own, 0, get(state, stateBlock));
          set(own, nameAt + 1, noRow);
          set(own, categoryAt + 1, noRow);
          for (let i: usize = 0; i < priceFloats; i++) store<f64>(ownPrices + (i << 3), NaN);
          set(seen, increase(state, stateSeen), u32(product));
        }
        notePrice(ownPrices);
        noteText(own + (nameAt << 2), nameLength, namePlace, nameEnd);
        noteText(own + (categoryAt << 2), kindLength, kindPlace, kindEnd);
      }
      increase(state, stateRecords);
    }
    set(state, stateLine, get(state, stateLine) + lines);
    set(state, stateAt, next);
  }
  return atEnd;
}
