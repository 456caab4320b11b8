import type { Argument, Elements, Memory } from '../memory.ts';
import { definitions } from './definitions.ts';
import type { Kind } from './kinds.ts';
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

/** An argument that all threads share. */
interface Parameter {
  readonly name: string;
  readonly kind: Kind;
  /** For an array, the type of its elements. */
  readonly type?: ElementType;
  readonly optional: boolean;
}

/** What a call is checked against, prepared once for each operation, since calls are made for single requests. */
interface Plan extends AnyDefinition {
  readonly operation: string;
  readonly parameters: readonly Parameter[];
  readonly ranged: boolean;
}

type ElementType = 'f32' | 'u32' | 'f64' | 'u8';
const typeNames = { f32: 'Float32Array', u32: 'Uint32Array', f64: 'Float64Array', u8: 'Uint8Array' };
const max32 = 2 ** 32 - 1;

const plans = Object.fromEntries(
  Object.entries(definitions as unknown as Record<string, AnyDefinition>).map(
    ([operation, definition]): [string, Plan] => {
      const parameters = Object.entries(definition.args)
        .filter(([, kind]) => kind !== 'scratch' && kind !== 'begin' && kind !== 'end')
        .map(([name, kind]): Parameter => {
          const optional = kind.endsWith('?');
          const type = kind.slice(0, 3);
          return { name, kind, type: type in typeNames ? (type as ElementType) : undefined, optional };
        });
      return [operation, { ...definition, operation, parameters, ranged: 'begin' in definition.args }];
    },
  ),
) as Readonly<Record<Operation, Plan>>;

/** Every operation as a function of one record, on the calling thread. Throws what `flatten` throws. */
export function checkedOperations(raw: RawOperations, memory: Memory): Operations {
  const operations = Object.keys(plans) as Operation[];
  return Object.fromEntries(
    operations.map((operation) => {
      const run = raw[operation];
      return [operation, (given: Given) => run(...flattenCall(plans[operation], given, memory))];
    }),
  ) as unknown as Operations;
}

/** All arguments of a call, with its own scratch and range. */
function flattenCall(plan: Plan, given: Given, memory: Memory): Argument[] {
  if (!plan.ranged) return flattenShared(plan, given, 0, 0, memory).args;
  const { begin, end, scratch: own } = given as { begin: number; end: number; scratch?: Elements };
  checkWhole(plan, 'begin', begin, 0, max32);
  checkWhole(plan, 'end', end, begin, max32);
  checkUnit(plan, begin, end);
  const { args, scratch } = flattenShared(plan, given, end, end - begin, memory);
  if (scratch !== undefined) {
    checkArray(plan, 'scratch', own, 'f32', memory);
    checkLength(plan, 'scratch', own as Elements, scratch);
    args.push(own as Elements);
  }
  args.push(begin, end);
  return args;
}

/** What the calls `bounds[i] .. bounds[i + 1]` cover. Throws a RangeError if a call goes backwards or splits a unit. */
export function extentOf(operation: Operation, bounds: Uint32Array): Extent {
  const plan = plans[operation];
  let callRows = 0;
  for (let i = 0; i + 1 < bounds.length; i++) {
    checkWhole(plan, 'end', bounds[i + 1], bounds[i], max32);
    checkUnit(plan, bounds[i], bounds[i + 1]);
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
  return flattenShared(plans[operation], args as Given, end, callRows, memory);
}

function flattenShared(plan: Plan, given: Given, end: number, callRows: number, memory: Memory): Flattened {
  const { parameters } = plan;
  const args: Argument[] = [];
  for (const { name, kind, type, optional } of parameters) {
    const value = given[name];
    if (value === undefined && optional) {
      args.push(0);
      continue;
    }
    if (type) checkArray(plan, name, value, type, memory);
    else checkNumber(plan, name, value, kind, given.stride);
    args.push(value as Argument);
  }
  if (plan.sets) for (const set of plan.sets) checkSet(plan, set, given);
  const limit = plan.rows ? plan.rows(given) : max32;
  if (end > limit) throw new RangeError(`${plan.operation}: end is ${end}, but there are only ${limit} rows`);
  const needed = plan.lengths(given, end, callRows);
  for (let i = 0; i < parameters.length; i++) {
    const array = args[i];
    if (typeof array === 'object') checkLength(plan, parameters[i].name, array, needed[parameters[i].name]);
  }
  return { args, scratch: needed.scratch };
}

function checkNumber(plan: Plan, name: string, value: unknown, kind: Kind, stride: unknown): void {
  if (kind === 'count') checkWhole(plan, name, value, 0, max32);
  else if (kind === 'positive') checkWhole(plan, name, value, 1, max32);
  else if (kind === 'solver') checkWhole(plan, name, value, 0, 5);
  else if (kind === 'factors') checkWhole(plan, name, value, 1, stride as number);
  else if (kind === 'stride' || kind === 'width') {
    checkWhole(plan, name, value, 16, kind === 'stride' ? maxFactors : max32);
    if ((value as number) % 16 !== 0)
      throw new RangeError(`${plan.operation}: ${name} is ${value}, not a multiple of 16`);
  } else if (!Number.isFinite(value))
    throw new RangeError(`${plan.operation}: ${name} is ${value}, not a finite number`);
}

function checkWhole({ operation }: Plan, name: string, value: unknown, min: number, max: number): void {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
    throw new RangeError(`${operation}: ${name} is ${value}, not a whole number from ${min} to ${max}`);
}

function checkUnit({ operation, rowUnit = 1 }: Plan, begin: number, end: number): void {
  if (begin % rowUnit !== 0 || end % rowUnit !== 0)
    throw new RangeError(`${operation}: the range ${begin} to ${end} is not in multiples of ${rowUnit} rows`);
}

function checkSet({ operation }: Plan, set: readonly string[], given: Given): void {
  let missing: string | undefined;
  let count = 0;
  for (const name of set) {
    if (given[name] === undefined) missing = name;
    else count++;
  }
  if (missing !== undefined && count > 0)
    throw new TypeError(`${operation}: ${missing} is missing; ${set.join(', ')} come together`);
}

function checkArray({ operation }: Plan, name: string, value: unknown, type: ElementType, memory: Memory): void {
  // Constant classes, since engines compile those to a comparison.
  const isOfType =
    type === 'f32'
      ? value instanceof Float32Array
      : type === 'u32'
        ? value instanceof Uint32Array
        : type === 'f64'
          ? value instanceof Float64Array
          : value instanceof Uint8Array;
  if (!isOfType) throw new TypeError(`${operation}: ${name} is not a ${typeNames[type]}`);
  if (!memory.shares(value as Elements))
    throw new TypeError(`${operation}: ${name} does not lie in the kernel's memory`);
}

function checkLength({ operation }: Plan, name: string, array: Elements, needed: number): void {
  if (array.length < needed)
    throw new RangeError(`${operation}: ${name} has ${array.length} elements, but needs ${needed}`);
}
