import { ascending, type Filter, passes } from '../filters.ts';

/** A product with a place of its own. */
export interface PinnedRow {
  readonly row: number;
  /** From 1. */
  readonly position: number;
}

/** The filter of the rest of a list, of a resolved one, and the pins that it lets the list hold: each product once. */
export function withPins(
  filter: Filter,
  pins: readonly PinnedRow[] | undefined,
): { filter: Filter; pinned?: readonly PinnedRow[] } {
  if (!pins) return { filter };
  const { n, mix = 0, allowed, denied } = filter;
  const isHeld = passes(filter);
  const rows = new Set<number>();
  const pinned = pins
    .filter(({ row, position }) => position <= n && isHeld(row) && !rows.has(row) && rows.add(row))
    .slice(0, n);
  if (pinned.length === 0) return { filter };
  const taken = new Set(pinned.map(({ row }) => row));
  const rest = n - pinned.length;
  return {
    pinned,
    filter: {
      ...filter,
      n: rest,
      mix: Math.min(mix, rest),
      allowed: allowed?.filter((row) => !taken.has(row)),
      denied: ascending([...denied, ...taken]),
    },
  };
}

/** A list with pins at their places, or further up if the rest is too short. */
export function pinnedAt<Item>(
  rest: readonly Item[],
  pinned: readonly PinnedRow[],
  itemOf: (row: number) => Item,
): Item[] {
  const list: Item[] = [];
  let next = 0;
  for (const { row, position } of pinned) {
    while (list.length + 1 < position && next < rest.length) list.push(rest[next++]);
    list.push(itemOf(row));
  }
  return list.concat(rest.slice(next));
}
