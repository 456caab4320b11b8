// Cleans records of CSV straight from their bytes.
#pragma once

#include "cells.hpp"
#include "kernels.hpp"

namespace endcap {
namespace {

using namespace RecordFormat;
using namespace RecordState;
using namespace NumberingCount;

// Instead of the number of an id.
constexpr int64_t noId = -1, unusualId = -2, noRoom = -3;
// Cells of at most so many bytes are in their slot; longer ones in the store, up to so many bytes.
constexpr uint32_t shortBytes = 8, storedBytes = 4096;
// Longer records are left to the caller.
constexpr uint32_t maxRecord = 1 << 20;

ENDCAP_INLINE uint32_t spreadHash(uint32_t low, uint32_t high) {
  const uint32_t hash = (low ^ ((high ^ (high >> 15)) * 0x85EBCA6B)) * 0x9E3779B1;
  return ((hash ^ (hash >> 15)) * 0x2C1B3C6D) ^ (hash >> 13);
}

ENDCAP_INLINE uint32_t hashOfLong(Cell cell) {
  uint32_t hash = cell.length;
  for (uint32_t i = 0; i < cell.length; i += 4) {
    const uint32_t left = cell.length - i;
    hash = (hash ^ uint32_t(word64(cell.p + i, left < 4 ? left : 4))) * 0x9E3779B1;
    hash ^= hash >> 15;
  }
  return hash;
}

ENDCAP_INLINE bool equalLong(const uint8_t* stored, Cell cell) {
  for (uint32_t i = 0; i + 8 < cell.length; i += 8)
    if (word64(stored + i) != word64(cell.p + i)) return false;
  const uint32_t last = cell.length - 8;
  return word64(stored + last) == word64(cell.p + last);
}

// The number of the id in a cell that is not blank: a new one for a new id that is clean as it is. `counts` has the places of
// NumberingCount.
ENDCAP_INLINE int64_t numberOf(Cell cell, uint32_t place, bool isCustomer, uint32_t* slots, uint8_t* store, uint32_t* fresh,
                               uint32_t* counts) {
  const bool isLong = cell.length > shortBytes;
  uint32_t first, second = 0;
  if (isLong) first = hashOfLong(cell);
  else {
    const uint64_t word = word64(cell.p, cell.length);
    first = uint32_t(word);
    second = uint32_t(word >> 32);
  }
  const uint32_t last = counts[countSlots] - 1;
  uint32_t at = spreadHash(first, second) & last;
  for (; slots[4 * size_t(at)]; at = (at + 1) & last) {
    const uint32_t* const slot = slots + 4 * size_t(at);
    if (slot[1] != cell.length || slot[2] != first) continue;
    if (isLong ? equalLong(store + slot[3], cell) : slot[3] == second) return int64_t(slot[0]) - 2;
  }
  if (cell.length > storedBytes || !isCleanId(cell) || (isCustomer && hasByte(cell, '@'))) return unusualId;
  const bool isFull = (uint64_t(counts[countCells]) + 1) * 3 > uint64_t(counts[countSlots]) * 2;
  if (isFull || counts[countFresh] == counts[countFreshRoom] || counts[countStored] + cell.length > counts[countStoreRoom])
    return noRoom;
  if (isLong) {
    second = counts[countStored];
    for (uint32_t i = 0; i < cell.length; i++) store[second + i] = cell.p[i];
    counts[countStored] += cell.length;
  }
  const uint32_t number = counts[countIds]++;
  uint32_t* const slot = slots + 4 * size_t(at);
  slot[0] = number + 2;
  slot[1] = cell.length;
  slot[2] = first;
  slot[3] = second;
  counts[countCells]++;
  uint32_t* const id = fresh + 2 * counts[countFresh]++;
  id[0] = place;
  id[1] = place + cell.length;
  return number;
}

// Finds the ends of cells by 64 bytes of the text at a time.
struct Ends {
  const uint8_t* text;
  uint8_t separator, lineBreak;
  uint32_t base;
  uint64_t bits;
};

ENDCAP_INLINE void look(Ends& ends, uint32_t base) {
  const Bytes64 bytes = load64(ends.text + base);
  ends.base = base;
  ends.bits = equal64(bytes, ends.separator) | equal64(bytes, ends.lineBreak);
}

// The first separator or line break from `at` on.
ENDCAP_INLINE uint32_t endFrom(Ends& ends, uint32_t at) {
  if (at - ends.base >= 64) look(ends, at & ~63u);
  uint64_t bits = ends.bits & ~uint64_t(0) << (at & 63);
  while (!bits) {
    look(ends, ends.base + 64);
    bits = ends.bits;
  }
  return ends.base + lowestBit(bits);
}

constexpr uint8_t quote = '"', carriageReturn = '\r', lineFeed = '\n';

// The first quote from `at` on; adds the line breaks before it to `lines`.
ENDCAP_INLINE uint32_t quoteFrom(const uint8_t* text, uint32_t at, uint8_t lineBreak, uint32_t& lines) {
  for (;; at += 64) {
    const Bytes64 bytes = load64(text + at);
    const uint64_t quotes = equal64(bytes, quote), breaks = equal64(bytes, lineBreak);
    if (!quotes) lines += countBits(breaks);
    else {
      lines += countBits(breaks & ((quotes & (0 - quotes)) - 1));
      return at + lowestBit(quotes);
    }
  }
}

// Marks the end of a cell with doubled quotes.
constexpr uint32_t doubledQuotes = 0x80000000;

// Finds the cells of the record at `at`: starts, then ends. Returns where the next one starts, or 0 if the record is unusual.
ENDCAP_INLINE uint32_t splitRecord(Ends& ends, uint32_t at, uint32_t length, uint32_t width, uint32_t* cells, uint32_t& lines) {
  const uint8_t* const text = ends.text;
  const uint32_t start = at;
  lines = 1;
  for (uint32_t count = 0;; at++) {
    uint32_t from = at, to, mark = 0;
    if (text[at] == quote) {
      from++;
      for (at = from;; at += 2) {
        at = quoteFrom(text, at, ends.lineBreak, lines);
        if (at >= length || at - start >= maxRecord) return 0;
        if (text[at + 1] != quote) break;
        mark = doubledQuotes;
      }
      to = at++;
      if (text[at] == carriageReturn && text[at + 1] == lineFeed && ends.lineBreak == lineFeed) at++;
      if (text[at] != ends.separator && text[at] != ends.lineBreak) return 0;
    } else {
      if (text[at] == ' ') {
        uint32_t ahead = at + 1;
        while (text[ahead] == ' ') ahead++;
        if (text[ahead] == quote) return 0;
      }
      at = to = endFrom(ends, at);
      if (text[at] == ends.lineBreak && to > from && text[to - 1] == carriageReturn) to--;
    }
    if (count == width || at >= length) return 0;
    cells[count] = from;
    cells[width + count] = to | mark;
    count++;
    if (text[at] == ends.lineBreak) return count == width && at - start < maxRecord ? at + 1 : 0;
  }
}

// Integers by product in `places`; see src/orders/csv/records/descriptions.ts.
constexpr uint32_t placeInts = 8, nameAt = 1, categoryAt = 4, priceFloats = 4, inQuotes = 2;

ENDCAP_INLINE void notePrice(double* prices, double price) {
  if (price > 0) {
    prices[0] = price;
    if (!(prices[1] <= price)) prices[1] = price;
  }
  if (!(prices[2] >= price) && price == price) prices[2] = price;
  if (!(prices[3] <= price) && price == price) prices[3] = price;
}

ENDCAP_INLINE void noteText(uint32_t* places, Cell text, uint32_t place, uint32_t mark) {
  if (text.length == 0) return;
  places[0] = place;
  places[1] = place + text.length;
  places[2] = mark;
}

ENDCAP_INLINE void widen(double* span, double time) {
  if (time < span[0]) span[0] = time;
  if (time > span[1]) span[1] = time;
}

ENDCAP_INLINE void storeTime(uint32_t* to, double time) {
  const uint8_t* const from = reinterpret_cast<const uint8_t*>(&time);
  for (int i = 0; i < 8; i++) reinterpret_cast<uint8_t*>(to)[i] = from[i];
}

uint32_t cleanRecords(const uint8_t* text, uint32_t length, const uint32_t* format, const uint8_t* header, uint32_t* state,
                      double* spans, uint32_t* cells, uint32_t* customerSlots, uint8_t* customerStore,
                      uint32_t* newCustomers, uint32_t* productSlots, uint8_t* productStore, uint32_t* newProducts,
                      uint32_t* places, double* prices, uint32_t* seen, uint32_t* purchases, double* returns,
                      uint32_t* cancelled, uint32_t* deferred) {
  const uint32_t width = format[formatWidth];
  Ends ends = {text, uint8_t(format[formatSeparator]), uint8_t(format[formatLineBreak]), 0, 0};
  if (state[stateAt] < length) look(ends, state[stateAt] & ~63u);
  const Cell none = {text, 0};
  while (state[stateAt] < length) {
    const uint32_t at = state[stateAt];
    uint32_t lines;
    const uint32_t next = splitRecord(ends, at, length, width, cells, lines);
    if (!next) return Stopped::atRecord;
    uint32_t doubled = 0;
    const auto cellOf = [&](uint32_t column) -> Cell {
      if (column >= width) return none;
      const uint32_t end = cells[width + column];
      doubled |= end & doubledQuotes;
      return {text + cells[column], (end & ~doubledQuotes) - cells[column]};
    };
    const Cell customerId = cellOf(format[formatCustomer]), productId = cellOf(format[formatProduct]);
    const Cell order = cellOf(format[formatOrder]), when = cellOf(format[formatTime]);
    const Cell units = cellOf(format[formatQuantity]), cost = cellOf(format[formatPrice]);
    const Cell title = cellOf(format[formatHeader]);
    if (doubled) return Stopped::atRecord;
    const Cell name = cellOf(format[formatName]);
    const uint32_t nameMark = doubled ? inQuotes : 0;
    doubled = 0;
    const Cell category = cellOf(format[formatCategory]);
    const uint32_t categoryMark = doubled ? inQuotes : 0;
    if (title.length == format[formatHeaderLength]) {
      uint32_t same = 0;
      while (same < title.length && title.p[same] == header[same]) same++;
      if (same == title.length) return Stopped::atRecord;
    }

    int64_t customer = noId, product = noId;
    if (customerId.length)
      customer = numberOf(customerId, uint32_t(customerId.p - text), true, customerSlots, customerStore, newCustomers,
                          state + stateCustomers);
    const bool isLeftOut = customer >= noId && customer < int64_t(format[formatLeftOut]);
    if (!isLeftOut && customer >= 0 && productId.length)
      product = numberOf(productId, uint32_t(productId.p - text), false, productSlots, productStore, newProducts,
                         state + stateProducts);
    if (customer == noRoom || product == noRoom) return Stopped::forRoom;
    if (customer == unusualId || product == unusualId) return Stopped::atRecord;
    int32_t quantity = 1;
    double time = 0, otherTime = 0, price = 0;
    // A record is dropped for its first fault, whatever follows.
    Reading read = isLeftOut || customer == noId || product == noId ? Reading::isFault : Reading::isUsual;
    if (read == Reading::isUsual && format[formatQuantity] < width) read = readQuantity(units, quantity);
    if (read == Reading::isUsual) read = readTime(when, state[stateDateOrder], time, otherTime);
    if (read == Reading::isUnusual) return Stopped::atRecord;
    if (read == Reading::isFault) {
      if (state[stateDeferred] == state[stateDeferredRoom]) return Stopped::forRoom;
      uint32_t* const record = deferred + 2 * state[stateDeferred]++;
      record[0] = at;
      record[1] = state[stateLine];
    } else {
      if (!readPrice(cost, price)) return Stopped::atRecord;
      if ((name.length && !isPresent(name)) || (category.length && !isPresent(category))) return Stopped::atRecord;
      // As `orderNumber` and `timeNumber` of src/orders/cleaning/lines.ts: even for an id, odd for a time, all ones for neither.
      uint32_t orderNumber = noRow;
      if (order.length) {
        if (!isCleanId(order)) return Stopped::atRecord;
        orderNumber = hashOf(order) & ~1u;
      } else if (time == time) {
        orderNumber = hashOf(when) | 1;
        if (orderNumber == noRow) orderNumber = noRow - 2;
      }
      if (quantity < 0) {
        if (state[stateReturns] == state[stateReturnRoom]) return Stopped::forRoom;
        double* const line = returns + 6 * size_t(state[stateReturns]++);
        line[0] = double(customer);
        line[1] = double(product);
        line[2] = -double(quantity);
        line[3] = int32_t(orderNumber);
        line[4] = time;
        line[5] = state[stateLine];
      } else {
        const bool mayBeReturn = isCancelled(order);
        if (state[statePurchases] == state[statePurchaseRoom] || product >= state[stateProductRoom] ||
            (mayBeReturn && state[stateCancelled] == state[stateCancelledRoom]))
          return Stopped::forRoom;
        if (mayBeReturn) {
          uint32_t* const record = cancelled + 3 * state[stateCancelled]++;
          record[0] = state[stateLine];
          record[1] = uint32_t(order.p - text);
          record[2] = uint32_t(order.p - text) + order.length;
        }
        uint32_t* const line = purchases + 8 * size_t(state[statePurchases]++);
        line[0] = uint32_t(customer);
        line[1] = uint32_t(product);
        line[2] = uint32_t(mayBeReturn ? -quantity : quantity);
        line[3] = orderNumber;
        storeTime(line + 4, time);
        storeTime(line + 6, otherTime);
        if (!mayBeReturn) {
          widen(spans, time);
          widen(spans + 2, otherTime);
        }
        uint32_t* const own = places + placeInts * size_t(product);
        double* const ownPrices = prices + priceFloats * size_t(product);
        if (own[0] != state[stateBlock]) {
          own[0] = state[stateBlock];
          own[nameAt + 1] = own[categoryAt + 1] = noRow;
          for (uint32_t i = 0; i < priceFloats; i++) ownPrices[i] = __builtin_nan("");
          seen[state[stateSeen]++] = uint32_t(product);
        }
        notePrice(ownPrices, price);
        noteText(own + nameAt, name, uint32_t(name.p - text), nameMark);
        noteText(own + categoryAt, category, uint32_t(category.p - text), categoryMark);
      }
      state[stateRecords]++;
    }
    state[stateLine] += lines;
    state[stateAt] = next;
  }
  return Stopped::atEnd;
}

}  // namespace
}  // namespace endcap
