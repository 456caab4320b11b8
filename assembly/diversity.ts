// Lists of products that are good but not all alike.
import { div, dotInSixteen, lanesBytes, largest, splat, zero } from './lanes';
import { noGroup, noRow } from './selection';

const taken: f32 = Infinity;

// Scales a row of factors to length 1, whatever its magnitude; a row of zeros stays zero.
function toUnit(x: usize, bytes: usize, unit: usize): void {
  const most = largest(x, bytes);
  if (!(most > 0)) return zero(unit, bytes);
  const size = splat(most);
  for (let k: usize = 0; k < bytes; k += lanesBytes) store<Lanes>(unit + k, div(load<Lanes>(x + k), size));
  const length = splat(sqrt<f32>(dotInSixteen(unit, unit, bytes)));
  for (let k: usize = 0; k < bytes; k += lanesBytes) store<Lanes>(unit + k, div(load<Lanes>(unit + k), length));
}

export function diversify(
  candidates: usize, stride: u32, poolRows: usize, poolScores: usize, pool: u32, diversity: f32, groups: usize,
  groupLimit: u32, n: u32, firstStep: u32, steps: u32, closeness: usize, rows: usize, scores: usize, scratch: usize,
  begin: u32, end: u32,
): u32 {
  const bytes: usize = stride << 2, units = scratch, merits = scratch + pool * bytes;
  for (let query = begin; query < end; query++) {
    const candidate = poolRows + ((query * pool) << 2), score = poolScores + ((query * pool) << 2);
    const closest = closeness + ((query * pool) << 2);
    const chosen = rows + ((query * n) << 2), chosenScores = scores + ((query * n) << 2);
    let length: u32 = 0;
    while (length < pool && load<u32>(candidate + (length << 2)) != noRow) length++;
    const best: f64 = load<f32>(score), range: f64 = length ? best - f64(load<f32>(score + ((length - 1) << 2))) : 0;
    for (let i: u32 = 0; i < length; i++) {
      toUnit(candidates + load<u32>(candidate + (i << 2)) * bytes, bytes, units + i * bytes);
      const relevance: f64 = range > 0 ? 1 - (best - f64(load<f32>(score + (i << 2)))) / range : 1;
      store<f64>(merits + (i << 3), (1 - f64(diversity)) * relevance);
    }
    if (!firstStep) {
      memory.fill(closest, 0, pool << 2);
      memory.fill(chosen, 0xff, n << 2);
      memory.fill(chosenScores, 0, n << 2);
    }
    for (let step = firstStep; step < n && step - firstStep < steps; step++) {
      let place = length, highest: f64 = -Infinity;
      for (let i: u32 = 0; i < length; i++) {
        const value = load<f64>(merits + (i << 3)) - f64(diversity) * f64(load<f32>(closest + (i << 2)));
        if (!(value > highest)) continue;
        highest = value;
        place = i;
      }
      if (place == length) break;
      const row = load<u32>(candidate + (place << 2));
      const group = groups && groupLimit ? load<u32>(groups + (row << 2)) : noGroup;
      store<u32>(chosen + (step << 2), row);
      store<f32>(chosenScores + (step << 2), load<f32>(score + (place << 2)));
      store<f32>(closest + (place << 2), taken);
      let inGroup: u32 = 0;
      for (let i: u32 = 0; i <= step && group != noGroup; i++)
        inGroup += u32(load<u32>(groups + (load<u32>(chosen + (i << 2)) << 2)) == group);
      for (let i: u32 = 0; i < length && inGroup && inGroup == groupLimit; i++)
        if (load<u32>(groups + (load<u32>(candidate + (i << 2)) << 2)) == group) store<f32>(closest + (i << 2), taken);
      for (let i: u32 = 0; i < length; i++) {
        const closestOfThis = load<f32>(closest + (i << 2));
        if (closestOfThis == taken) continue;
        const cosine = dotInSixteen(units + place * bytes, units + i * bytes, bytes);
        if (step == 0 || cosine > closestOfThis) store<f32>(closest + (i << 2), cosine);
      }
    }
  }
  return 0;
}
