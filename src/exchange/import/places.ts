/** Where the rows of a table are in its files, and where its ids are in the table. */
import type { EndcapError } from '../../errors.ts';
import { excerpt } from '../../options.ts';
import { tableUnreadable } from '../parts.ts';

export interface Places {
  /** The next rows of the table. @param row the number of the first one in the file, from 1. */
  add(file: string, row: number, rows: number): void;
  /** A `table_unreadable` error about a row of the table, which counts from 0. */
  error(at: number, problem: string): EndcapError;
}

export function createPlaces(source: string): Places {
  const runs: { file: string; row: number; from: number }[] = [];
  let next = 0;
  return {
    add(file, row, rows) {
      const last = runs[runs.length - 1];
      const follows = last && last.file === file && last.row + next - last.from === row;
      if (!follows) runs.push({ file, row, from: next });
      next += rows;
    },
    error(at, problem) {
      const run = runs.findLast(({ from }) => from <= at);
      return run ? tableUnreadable(run.file, problem, run.row + at - run.from) : tableUnreadable(source, problem);
    },
  };
}

/** Finds ids in a list by bisection: no table of JavaScript holds more than 16.7 million. */
export interface IdIndex {
  /** The place of an id; undefined if it is not there. */
  find(id: string): number | undefined;
  /** Places by the order of the ids, which is that of UTF-16 code units. */
  readonly sorted: Uint32Array;
}

/** @throws `table_unreadable` if an id is there twice. */
export function indexOf(ids: readonly string[], places: Places, what: string): IdIndex {
  const sorted = Uint32Array.from(ids.keys()).sort((a, b) => (ids[a] < ids[b] ? -1 : ids[a] > ids[b] ? 1 : a - b));
  for (let i = 1; i < sorted.length; i++) {
    if (ids[sorted[i]] !== ids[sorted[i - 1]]) continue;
    throw places.error(sorted[i], `the ${what} '${excerpt(ids[sorted[i]])}' is there a second time`);
  }
  return {
    sorted,
    find(id) {
      let [from, to] = [0, sorted.length];
      while (from < to) {
        const middle = (from + to) >>> 1;
        if (ids[sorted[middle]] < id) from = middle + 1;
        else to = middle;
      }
      return from < sorted.length && ids[sorted[from]] === id ? sorted[from] : undefined;
    },
  };
}
