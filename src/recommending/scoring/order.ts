/** In which order candidates are packed by group, a piece at a time, for those who have others waiting. */
import { noGroup } from '../../kernel/operations/operations.ts';
import { placesOfPiece } from '../../model/panel-order.ts';

/** Enough to raise the bars of most lists before the first group. */
const beforeGroups = 64;

/** Orders rows by group, each in the given order, after the first few, which stay. */
export function* byGroup(
  order: Uint32Array,
  groups: Uint32Array,
  sorted: Uint32Array,
): Generator<undefined, Uint32Array> {
  let last = 0;
  for (let row = 0; row < groups.length; row++) {
    if (row % placesOfPiece === 0) yield;
    if (groups[row] !== noGroup && groups[row] >= last) last = groups[row] + 1;
  }
  const bucketOf = (row: number) => Math.min(groups[row], last);
  const places = new Uint32Array(last + 2);
  places[0] = beforeGroups;
  for (let place = beforeGroups; place < order.length; place++) {
    if (place % placesOfPiece === 0) yield;
    places[bucketOf(order[place]) + 1]++;
  }
  for (let bucket = 1; bucket < places.length; bucket++) places[bucket] += places[bucket - 1];
  sorted.set(order.subarray(0, beforeGroups));
  for (let place = beforeGroups; place < order.length; place++) {
    if (place % placesOfPiece === 0) yield;
    sorted[places[bucketOf(order[place])]++] = order[place];
  }
  return sorted;
}
