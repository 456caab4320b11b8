// The item-item term: what a customer's purchases add to the scores of the products that other customers buy with them.
import { add, countGreater, lanesBytes, splat, sum } from './lanes';
import { noRow } from './selection';

// The sum of a product that is no purchase's neighbour. Sums of other numbers are never -0.
const untouched: f32 = -0.0, untouchedBits: u32 = 0x80000000;

// What follows reads as many values at a time. Zeros fill the last of these vectors.
const valuesAtOnce: usize = 4 * lanesBytes;

function countAbove(values: usize, end: usize, bound: f32): u32 {
  const least = splat(bound);
  let a = splat(0), b = a, c = a, d = a;
  for (let v = values; v < end; v += valuesAtOnce) {
    a = countGreater(a, load<Lanes>(v), least);
    b = countGreater(b, load<Lanes>(v + lanesBytes), least);
    c = countGreater(c, load<Lanes>(v + 2 * lanesBytes), least);
    d = countGreater(d, load<Lanes>(v + 3 * lanesBytes), least);
  }
  return u32(sum(add(add(a, b), add(c, d))));
}

// The largest bound above 0 that at least `most` values reach, if so many are above 0; else the least number above 0. Such
// floats are in the order of their bits. most >= 1.
function boundOf(values: usize, end: usize, most: u32): f32 {
  let largest: f32 = 0;
  for (let v = values; v < end; v += 4) largest = load<f32>(v) > largest ? load<f32>(v) : largest;
  // Fewer than `most` are above `high`, and not fewer above `low`, which begins a few powers of two below.
  let low: u32 = 0, high = reinterpret<u32>(largest);
  for (let step: u32 = 1 << 23; step < high; step <<= 1) {
    const above = countAbove(values, end, reinterpret<f32>(high - step));
    if (above == most) return reinterpret<f32>(high - step + 1);
    if (above > most) {
      low = high - step;
      break;
    }
    high -= step;
  }
  while (high - low > 1) {
    const middle = low + ((high - low) >> 1), above = countAbove(values, end, reinterpret<f32>(middle));
    if (above == most) return reinterpret<f32>(middle + 1);
    if (above > most) low = middle;
    else high = middle;
  }
  return reinterpret<f32>(high ? high : 1);
}

// The highest of the `most` lowest rows, which differ.
function lastOf(rows: usize, end: usize, most: u32, count: u32): u32 {
  let low: u32 = 0, high = count;
  while (low < high) {
    const middle = low + ((high - low) >> 1);
    let within: u32 = 0;
    for (let r = rows; r < end; r += 4) within += u32(load<u32>(r) <= middle);
    if (within >= most) high = middle;
    else low = middle + 1;
  }
  return low;
}

// Of pairs of which more than `most` have at least this value, keeps `most`: those with a larger one and the lowest rows of the
// others. Sums are untouched before and afterwards. Returns the bytes that are kept.
function keepLowest(rows: usize, values: usize, bytes: usize, most: u32, value: f32, sums: usize, count: u32): usize {
  let tied = sums, kept: usize = 0;
  for (let at: usize = 0; at < bytes; at += 4) {
    if (load<f32>(values + at) != value) continue;
    store<u32>(tied, load<u32>(rows + at));
    tied += 4;
  }
  const last = lastOf(sums, tied, most - (u32((bytes - (tied - sums)) >> 2)), count);
  for (let sum = sums; sum < tied; sum += 4) store<f32>(sum, untouched);
  for (let at: usize = 0; at < bytes && kept < most << 2; at += 4) {
    const row = load<u32>(rows + at);
    if (load<f32>(values + at) == value && row > last) continue;
    store<u32>(rows + kept, row);
    store<f32>(values + kept, load<f32>(values + at));
    kept += 4;
  }
  return kept;
}

// Makes the sums of all products that the queries meet untouched: one by one, if that is less work than clearing all.
const clearedAtOnce: u32 = 8;
function clearSums(sums: usize, count: u32, bought: usize, boughtEnd: usize, neighbourOffsets: usize, neighbourRows: usize): void {
  let strengths: u32 = 0;
  for (let j = bought; j < boughtEnd && strengths < count / clearedAtOnce; j += 4) {
    const list = neighbourOffsets + (load<u32>(j) << 2);
    strengths += 1 + load<u32>(list, 4) - load<u32>(list);
  }
  if (strengths >= count / clearedAtOnce) {
    for (let sum = sums, end = sums + (count << 2); sum < end; sum += 4) store<f32>(sum, untouched);
    return;
  }
  for (let j = bought; j < boughtEnd; j += 4) {
    const row = load<u32>(j), list = neighbourOffsets + (row << 2), listEnd: usize = load<u32>(list, 4) << 2;
    store<f32>(sums + (row << 2), untouched);
    for (let at: usize = load<u32>(list) << 2; at < listEnd; at += 4)
      store<f32>(sums + (load<u32>(neighbourRows + at) << 2), untouched);
  }
}

export function neighbourBonuses(
  boughtOffsets: usize, boughtRows: usize, boughtBonuses: usize, neighbourOffsets: usize, neighbourRows: usize,
  strengths: usize, count: u32, weight: f32, bonusOffsets: usize, bonusRows: usize, bonuses: usize, scratch: usize,
  begin: u32, end: u32,
): u32 {
  const sums = scratch, touched = sums + (count << 2), values = touched + ((count + 1) << 2);
  const first = boughtRows + (load<u32>(boughtOffsets + (begin << 2)) << 2);
  clearSums(sums, count, first, boughtRows + (load<u32>(boughtOffsets + (end << 2)) << 2), neighbourOffsets, neighbourRows);
  for (let query = begin; query < end; query++) {
    const firstBought = load<u32>(boughtOffsets + (query << 2)), bought = load<u32>(boughtOffsets + (query << 2), 4) - firstBought;
    const own = boughtRows + (firstBought << 2), ownBytes: usize = bought << 2;
    const ownBonuses = boughtBonuses ? boughtBonuses + (firstBought << 2) : 0;
    const room = load<u32>(bonusOffsets + (query << 2)), roomEnd = load<u32>(bonusOffsets + (query << 2), 4);
    const most = roomEnd - room - bought, rows = bonusRows + (room << 2), out = bonuses + (room << 2);
    let touchedEnd = touched;
    for (let j = own; j < own + ownBytes; j += 4) {
      const list = neighbourOffsets + (load<u32>(j) << 2), listEnd: usize = load<u32>(list, 4) << 2;
      for (let at: usize = load<u32>(list) << 2; at < listEnd; at += 4) {
        const row = load<u32>(neighbourRows + at), sum = load<f32>(sums + (row << 2));
        store<u32>(touchedEnd, row);
        touchedEnd += usize(reinterpret<u32>(sum) == untouchedBits) << 2;
        store<f32>(sums + (row << 2), sum + (load<f32>(strengths + at) + 0));
      }
    }
    for (let at: usize = 0; at < ownBytes; at += 4) {
      const row = load<u32>(own + at), sum = sums + (row << 2), bonus: f32 = ownBonuses ? load<f32>(ownBonuses + at) : 0;
      store<u32>(rows + at, row);
      store<f32>(out + at, bonus + weight * sqrt<f32>(max<f32>(load<f32>(sum), 0)));
      store<f32>(sum, untouched);
    }
    const length = touchedEnd - touched;
    for (let at: usize = 0; at < length; at += 4) {
      const sum = sums + (load<u32>(touched + at) << 2);
      store<f32>(values + at, load<f32>(sum));
      store<f32>(sum, untouched);
    }
    for (let at: usize = 0; at < valuesAtOnce; at += 4) store<f32>(values + length + at, 0);
    let kept: usize = 0;
    if (most) {
      const least = length > most << 2 ? boundOf(values, values + length, most) : reinterpret<f32>(1);
      for (let at: usize = 0; at < length; at += 4) {
        const value = load<f32>(values + at);
        store<u32>(touched + kept, load<u32>(touched + at));
        store<f32>(values + kept, value);
        kept += usize(value >= least) << 2;
      }
      if (kept > most << 2) kept = keepLowest(touched, values, kept, most, least, sums, count);
    }
    const others = rows + ownBytes, otherBonuses = out + ownBytes, rest: usize = most << 2;
    memory.copy(others, touched, kept);
    for (let at: usize = 0; at < kept; at += 4) store<f32>(otherBonuses + at, weight * sqrt<f32>(load<f32>(values + at)));
    for (let at = kept; at < rest; at += 4) store<u32>(others + at, noRow);
    memory.fill(otherBonuses + kept, 0, rest - kept);
  }
  return 0;
}
