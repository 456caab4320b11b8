// The item-item term: what a customer's purchases add to the scores of the products that other customers buy with them.
import { noRow } from './selection';

// The sum of a product that is no purchase's neighbour. Sums of other numbers are never -0.
const untouched: f32 = -0.0, untouchedBits: u32 = 0x80000000;

const steps: u32 = 256, countsBytes: usize = 4 * steps;

// Floats above 0 are in the order of their bits. Returns the bits of the float in place `most` if the largest come first, and
// stores at `ties` how many of the first `most` have just these bits. Overwrites the values; length >= most >= 1.
function bitsInPlace(values: usize, end: usize, most: u32, counts: usize, ties: usize): u32 {
  let left = most, high: u32 = 0;
  for (;;) {
    let low: u32 = noRow, shift: u32 = 0;
    high = 0;
    for (let v = values; v < end; v += 4) {
      high = max(high, load<u32>(v));
      low = min(low, load<u32>(v));
    }
    if (high == low) break;
    while ((high - low) >> shift >= steps) shift++;
    memory.fill(counts, 0, countsBytes);
    for (let v = values; v < end; v += 4) {
      const count = counts + (((high - load<u32>(v)) >> shift) << 2);
      store<u32>(count, load<u32>(count) + 1);
    }
    let step: u32 = 0, kept = values;
    for (; load<u32>(counts + (step << 2)) < left; step++) left -= load<u32>(counts + (step << 2));
    for (let v = values; v < end; v += 4) {
      const value = load<u32>(v);
      store<u32>(kept, value);
      kept += usize((high - value) >> shift == step) << 2;
    }
    end = kept;
  }
  store<u32>(ties, left);
  return high;
}

export function neighbourBonuses(
  boughtOffsets: usize, boughtRows: usize, boughtBonuses: usize, neighbourOffsets: usize, neighbourRows: usize,
  strengths: usize, count: u32, weight: f32, bonusOffsets: usize, bonusRows: usize, bonuses: usize, scratch: usize,
  begin: u32, end: u32,
): u32 {
  const ties = scratch, counts = ties + 4, chosen = counts + countsBytes, chosenEnd = chosen + (((count + 31) >> 5) << 2); // one bit for each product
  const sums = chosenEnd, touched = sums + (count << 2), values = touched + ((count + 1) << 2);
  const spare = values + ((count + 1) << 2);
  for (let sum = sums; sum < touched; sum += 4) store<f32>(sum, untouched);
  memory.fill(chosen, 0, chosenEnd - chosen);
  for (let query = begin; query < end; query++) {
    const firstBought = load<u32>(boughtOffsets + (query << 2)), bought = load<u32>(boughtOffsets + (query << 2), 4) - firstBought;
    const own = boughtRows + (firstBought << 2), ownEnd = own + (bought << 2);
    const ownBonuses = boughtBonuses ? boughtBonuses + (firstBought << 2) : 0;
    const room = load<u32>(bonusOffsets + (query << 2)), roomEnd = load<u32>(bonusOffsets + (query << 2), 4);
    const most = roomEnd - room - bought, rows = bonusRows + (room << 2), out = bonuses + (room << 2);
    let touchedEnd = touched;
    for (let j = own; j < ownEnd; j += 4) {
      const list = neighbourOffsets + (load<u32>(j) << 2), listEnd: usize = load<u32>(list, 4) << 2;
      for (let at: usize = load<u32>(list) << 2; at < listEnd; at += 4) {
        const row = load<u32>(neighbourRows + at), sum = load<f32>(sums + (row << 2));
        store<u32>(touchedEnd, row);
        touchedEnd += usize(reinterpret<u32>(sum) == untouchedBits) << 2;
        store<f32>(sums + (row << 2), sum + (load<f32>(strengths + at) + 0));
      }
    }
    // The bonuses of bought products wait at the end of the room until it is their turn.
    const waiting = out + (most << 2);
    for (let at: usize = 0; at < bought << 2; at += 4) {
      const sum = sums + (load<u32>(own + at) << 2), bonus: f32 = ownBonuses ? load<f32>(ownBonuses + at) : 0;
      store<f32>(waiting + at, bonus + weight * sqrt<f32>(max<f32>(load<f32>(sum), 0)));
      store<f32>(sum, untouched);
    }
    let length: usize = 0;
    for (let t = touched; t < touchedEnd; t += 4) {
      const row = load<u32>(t), at = sums + (row << 2), sum = load<f32>(at);
      store<f32>(at, untouched);
      store<u32>(touched + length, row);
      store<f32>(values + length, sum);
      length += usize(sum > 0) << 2;
    }
    let least: u32 = 1, left: u32 = count;
    if (length > most << 2) {
      memory.copy(spare, values, length);
      least = most ? bitsInPlace(spare, spare + length, most, counts, ties) : noRow;
      left = load<u32>(ties);
    }
    for (let at: usize = 0; at < length; at += 4) {
      if (load<u32>(values + at) < least) continue;
      const row = load<u32>(touched + at), word = chosen + ((row >> 5) << 2);
      store<u32>(word, load<u32>(word) | (1 << (row & 31)));
      store<u32>(sums + (row << 2), load<u32>(values + at));
    }
    let used: usize = 0, next: usize = 0;
    const ownBytes: usize = bought << 2;
    for (let word = chosen; word < chosenEnd; word += 4) {
      for (let bits = load<u32>(word); bits; bits &= bits - 1) {
        const row = u32((word - chosen) << 3) + ctz(bits), sum = load<f32>(sums + (row << 2));
        store<f32>(sums + (row << 2), untouched);
        if (reinterpret<u32>(sum) == least) {
          if (!left) continue;
          left--;
        }
        for (; next < ownBytes && load<u32>(own + next) < row; next += 4, used += 4) {
          store<u32>(rows + used, load<u32>(own + next));
          store<f32>(out + used, load<f32>(waiting + next));
        }
        store<u32>(rows + used, row);
        store<f32>(out + used, weight * sqrt<f32>(sum));
        used += 4;
      }
      store<u32>(word, 0);
    }
    for (; next < ownBytes; next += 4, used += 4) {
      store<u32>(rows + used, load<u32>(own + next));
      store<f32>(out + used, load<f32>(waiting + next));
    }
    for (const end: usize = (roomEnd - room) << 2; used < end; used += 4) {
      store<u32>(rows + used, noRow);
      store<f32>(out + used, 0);
    }
  }
  return 0;
}
