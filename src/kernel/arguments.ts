import { definitions } from './definitions.ts';
import type { Kind } from './kinds.ts';
import type { Argument, Elements, Memory } from './memory.ts';
import { maxFactors, type Operation, type Operations } from './operations.ts';

/** The operations as a backend has them: arguments one by one, in the order of the definitions, and unchecked. */
export type RawOperations = Readonly<Record<Operation, (...args: Argument[]) => number>>;

/** Checked arguments: those that all threads share, one by one, and how much scratch each thread needs. */
export interface Flattened {
  readonly args: Argument[];
  /** In floats; undefined if the operation takes none. */
  readonly scratch: number | undefined;
}

/** The rows that a call, or all calls of a run, cover. */
export interface Extent {
  readonly end: number;
  /** Rows of the largest call. */
  readonly callRows: number;
}

type Given = Readonly<Record<string, unknown>>;

/** A definition regardless of its operation. */
interface AnyDefinition {
  readonly args: Readonly<Record<string, Kind>>;
  lengths(args: Given, end: number, callRows: number): Readonly<Record<string, number>>;
  rows?(args: Given): number;
  readonly rowUnit?: number;
  readonly sets?: readonly (readonly string[])[];
}

const definitionOf = (operation: Operation) => definitions[operation] as unknown as AnyDefinition;
const elementTypes = { f32: Float32Array, u32: Uint32Array, f64: Float64Array };
const max32 = 2 ** 32 - 1;

type ElementType = (typeof elementTypes)[keyof typeof elementTypes];

/** An argument of an operation, other than scratch and range. */
interface Parameter {
  readonly name: string;
  readonly kind: Kind;
  /** Of an array; undefined for a number. */
  readonly type: ElementType | undefined;
  readonly isOptional: boolean;
}

/** By operation; worked out once, because a call for one query takes only some microseconds. */
const parameters = Object.fromEntries(
  Object.entries(definitions).map(([operation, { args }]) => [operation, parametersOf(args)]),
) as Record<Operation, Parameter[]>;

function parametersOf(args: Readonly<Record<string, Kind>>): Parameter[] {
  return Object.entries(args).flatMap(([name, kind]) => {
    if (kind === 'scratch' || kind === 'begin' || kind === 'end') return [];
    const type = elementTypes[/^(f32|u32|f64)/.exec(kind)?.[0] as keyof typeof elementTypes];
    return [{ name, kind, type, isOptional: kind.endsWith('?') }];
  });
}

/** Every operation as a function of one record, on the calling thread. Throws what `flatten` throws. */
export function checkedOperations(raw: RawOperations, memory: Memory): Operations {
  const operations = Object.keys(definitions) as Operation[];
  return Object.fromEntries(
    operations.map((operation) => [operation, (given: Given) => call(operation, given, raw, memory)]),
  ) as unknown as Operations;
}

function call(operation: Operation, given: Given, raw: RawOperations, memory: Memory): number {
  if (!('begin' in definitionOf(operation).args)) {
    return raw[operation](...flatten(operation, given, { end: 0, callRows: 0 }, memory).args);
  }
  const { begin, end } = given as { begin: number; end: number };
  checkWhole(operation, 'begin', begin, 0);
  checkWhole(operation, 'end', end, begin);
  checkUnit(operation, begin, end);
  const { args, scratch } = flatten(operation, given, { end, callRows: end - begin }, memory);
  if (scratch !== undefined) {
    const array = checkArray(operation, 'scratch', given.scratch, Float32Array, memory);
    checkLength(operation, 'scratch', array, scratch);
    args.push(array);
  }
  args.push(begin, end);
  return raw[operation](...args);
}

/** What the calls `bounds[i] .. bounds[i + 1]` cover. Throws a RangeError if a call goes backwards or splits a unit. */
export function extentOf(operation: Operation, bounds: Uint32Array): Extent {
  let callRows = 0;
  for (let i = 0; i + 1 < bounds.length; i++) {
    checkWhole(operation, 'end', bounds[i + 1], bounds[i]);
    checkUnit(operation, bounds[i], bounds[i + 1]);
    callRows = Math.max(callRows, bounds[i + 1] - bounds[i]);
  }
  return { end: bounds.at(-1) ?? 0, callRows };
}

/**
 * The arguments one by one, apart from scratch and range. Throws a TypeError or RangeError that names the operation and
 * the argument if a kernel would read or write outside an array: C++ and AssemblyScript check nothing. It does not look
 * at the elements of arrays, so it takes no longer for long ones.
 */
export function flatten(operation: Operation, args: object, { end, callRows }: Extent, memory: Memory): Flattened {
  const { lengths, rows, sets = [] } = definitionOf(operation);
  const given = args as Given;
  const flat: Argument[] = [];
  const all = parameters[operation];
  for (const { name, kind, type, isOptional } of all) {
    const value = given[name];
    if (isOptional && value === undefined) flat.push(0);
    else if (type) flat.push(checkArray(operation, name, value, type, memory));
    else {
      checkNumber(operation, name, value, kind, given);
      flat.push(value as number);
    }
  }
  for (const set of sets) {
    const missing = set.find((name) => given[name] === undefined);
    if (missing !== undefined && set.some((name) => given[name] !== undefined))
      throw new TypeError(`${operation}: ${missing} is missing; ${set.join(', ')} come together`);
  }
  const limit = rows?.(given) ?? max32;
  if (end > limit) throw new RangeError(`${operation}: end is ${end}, but there are only ${limit} rows`);
  const needed = lengths(given, end, callRows);
  for (let i = 0; i < all.length; i++) {
    const array = flat[i];
    if (typeof array !== 'number') checkLength(operation, all[i].name, array, needed[all[i].name]);
  }
  return { args: flat, scratch: needed.scratch };
}

function checkNumber(operation: string, name: string, value: unknown, kind: Kind, { stride }: Given): void {
  if (kind === 'count') checkWhole(operation, name, value, 0);
  else if (kind === 'positive') checkWhole(operation, name, value, 1);
  else if (kind === 'solver') checkWhole(operation, name, value, 0, 3);
  else if (kind === 'factors') checkWhole(operation, name, value, 1, stride as number);
  else if (kind === 'stride') {
    checkWhole(operation, name, value, 16, maxFactors);
    if ((value as number) % 16 !== 0) throw new RangeError(`${operation}: ${name} is ${value}, not a multiple of 16`);
  } else if (!Number.isFinite(value)) throw new RangeError(`${operation}: ${name} is ${value}, not a finite number`);
}

function checkWhole(operation: string, name: string, value: unknown, min: number, max = max32): void {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
    throw new RangeError(`${operation}: ${name} is ${value}, not a whole number from ${min} to ${max}`);
}

function checkUnit(operation: Operation, begin: number, end: number): void {
  const { rowUnit = 1 } = definitionOf(operation);
  if (begin % rowUnit !== 0 || end % rowUnit !== 0)
    throw new RangeError(`${operation}: the range ${begin} to ${end} is not in multiples of ${rowUnit} rows`);
}

function checkArray(operation: string, name: string, value: unknown, type: ElementType, memory: Memory): Elements {
  if (!(value instanceof type)) throw new TypeError(`${operation}: ${name} is not a ${type.name}`);
  if (!memory.shares(value)) throw new TypeError(`${operation}: ${name} does not lie in the kernel's memory`);
  return value;
}

function checkLength(operation: string, name: string, array: Elements, needed: number): void {
  if (array.length < needed)
    throw new RangeError(`${operation}: ${name} has ${array.length} elements, but needs ${needed}`);
}
