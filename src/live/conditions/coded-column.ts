import type { Column, Kind, Test, Value } from './columns.ts';
import { fillRows } from './fill.ts';

/** A column of values that many products share: each distinct one, or list of them, has a number. */
export interface CodedColumn extends Column {
  /** @param value undefined if nobody says. */
  set(row: number, value: Value | readonly Value[] | undefined): void;
  /** The values of a product; none if nobody says. */
  valuesAt(row: number): readonly Value[];
  /** Products with a value. */
  known(): number;
}

/** With values of fewer of the products, a map takes less memory than an array. */
const sparseShare = 1 / 16;

/** @param count rows. */
export function createCodedColumn(count: number): CodedColumn {
  /** By code; code 0 is no value. */
  const lists: (readonly Value[])[] = [[]];
  /** How many rows have a code. */
  const uses: number[] = [0];
  const unused: number[] = [];
  const codes = new Map<Value, number>();
  /** By value, the codes whose list holds it. */
  const codesWith = new Map<Value, Set<number>>();
  /** How many of the codes' values are of each kind. */
  const kinds = new Map<Kind, number>();
  let sparse: Map<number, number> | undefined = new Map();
  let dense = new Uint32Array(0);
  let known = 0;

  const codeAt = (row: number) => (sparse ? (sparse.get(row) ?? 0) : dense[row]);

  function write(row: number, code: number): void {
    if (!sparse) dense[row] = code;
    else if (code === 0) sparse.delete(row);
    else {
      sparse.set(row, code);
      if (sparse.size <= sparseShare * count) return;
      dense = new Uint32Array(count);
      for (const [each, its] of sparse) dense[each] = its;
      sparse = undefined;
    }
  }

  function countKind(value: Value, by: 1 | -1): void {
    const kind = typeof value as Kind;
    kinds.set(kind, (kinds.get(kind) ?? 0) + by);
  }

  function take(list: readonly Value[]): number {
    const key = keyOf(list);
    let code = codes.get(key);
    if (code === undefined) {
      code = unused.pop() ?? lists.length;
      codes.set(key, code);
      lists[code] = list;
      uses[code] = 0;
      for (const value of list) {
        const others = codesWith.get(value);
        if (others) others.add(code);
        else codesWith.set(value, new Set([code]));
        countKind(value, 1);
      }
    }
    uses[code]++;
    return code;
  }

  function release(code: number): void {
    if (--uses[code] > 0) return;
    const list = lists[code];
    for (const value of list) {
      countKind(value, -1);
      const others = codesWith.get(value)!;
      others.delete(code);
      if (others.size === 0) codesWith.delete(value);
    }
    codes.delete(keyOf(list));
    lists[code] = [];
    unused.push(code);
  }

  return {
    set(row, value) {
      const before = codeAt(row);
      const list = value === undefined ? [] : isList(value) ? [...new Set(value)] : [value];
      const code = list.length === 0 ? 0 : take(list);
      known += Number(code > 0) - Number(before > 0);
      write(row, code);
      if (before > 0) release(before);
    },
    valuesAt: (row) => lists[codeAt(row)],
    known: () => known,
    kinds: () => [...kinds].filter(([, uses]) => uses > 0).map(([kind]) => kind),
    meets: (row, test) => isWithin(lists[codeAt(row)], test),
    fill(test, words, from, to) {
      const { values } = test;
      const wanted = new Set<number>();
      if (values) for (const value of values) for (const code of codesWith.get(value) ?? []) wanted.add(code);
      if (values && wanted.size === 0) return;
      const [only] = wanted;
      if (sparse) fillRows(words, from, to, count, (row) => isWithin(lists[codeAt(row)], test));
      else if (wanted.size === 1) fillRows(words, from, to, count, (row) => dense[row] === only);
      else if (values) fillRows(words, from, to, count, (row) => wanted.has(dense[row]));
      else fillRows(words, from, to, count, (row) => isWithin(lists[dense[row]], test));
    },
  };
}

/** Whether one of the values of a product meets a test. */
export function isWithin(list: readonly Value[], { values, min, max }: Test): boolean {
  return list.some((value) => (values ? values.has(value) : typeof value === 'number' && value >= min && value <= max));
}

const isList = (value: Value | readonly Value[]): value is readonly Value[] => typeof value === 'object';

/** A list of several values has a key that no value has. */
function keyOf(list: readonly Value[]): Value {
  if (list.length > 1) return JSON.stringify(list);
  return typeof list[0] === 'string' ? `=${list[0]}` : list[0];
}
