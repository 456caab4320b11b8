import type { Solver } from './operations.ts';

/** What an argument is. */
export type Kind = NumberKind | ArrayKind | 'begin' | 'end';
/**
 * `count` is 0 or more and `positive` 1 or more, both whole and of 32 bits; `factors` is from 1 to the stride; `width` is a
 * multiple of 16 of any size.
 */
type NumberKind = 'number' | 'count' | 'positive' | 'stride' | 'width' | 'factors' | 'solver';
/** An array of an element type; with a `?` it may be left out. `scratch` is the f32 array that a thread has of its own. */
type ArrayKind = 'f32' | 'u32' | 'f64' | 'u8' | 'f32?' | 'u32?' | 'scratch';
type Kinds = Readonly<Record<string, Kind>>;

type Value<K> = K extends 'f32' | 'f32?' | 'scratch'
  ? Float32Array
  : K extends 'u32' | 'u32?'
    ? Uint32Array
    : K extends 'f64'
      ? Float64Array
      : K extends 'u8'
        ? Uint8Array
        : K extends 'solver'
          ? Solver
          : number;
export type Values<A> = { [N in keyof A as A[N] extends `${string}?` ? never : N]: Value<A[N]> } & {
  [N in keyof A as A[N] extends `${string}?` ? N : never]?: Value<A[N]>;
};
/** The arguments that all threads share. */
export type SharedKinds<A> = Omit<A, 'scratch' | 'begin' | 'end'>;
type ArrayNames<A extends Kinds> = { [N in keyof A]: A[N] extends ArrayKind ? N : never }[keyof A];

/** An operation: its arguments in order, and what must hold of them. */
export interface Definition<A extends Kinds> {
  readonly args: A;
  /** The fewest elements of each array, for a range that ends at `end`, in calls of at most `callRows` rows. */
  lengths(shared: Values<SharedKinds<A>>, end: number, callRows: number): Record<ArrayNames<A>, number>;
  /** How many rows there are to cut; undefined if only the lengths of arrays limit the range. */
  rows?(shared: Values<SharedKinds<A>>): number;
  /** `begin` and `end` are multiples of this; 1 by default. */
  readonly rowUnit?: number;
  /** Optional arrays that come as a set. */
  readonly sets?: readonly (readonly ArrayNames<A>[])[];
  /** Each call builds on the one before: they run in order on one thread. */
  readonly inOrder?: boolean;
}

export function define<const A extends Kinds>(definition: Definition<A>): Definition<A> {
  return definition;
}

/** For an array whose rows are named by another array's elements; datasets and models check those. */
export const anyLength = 0;

/** How many entries come before row `row` in lists with these offsets. */
export function entriesBefore(offsets: Uint32Array | undefined, row: number): number {
  return offsets?.[row] ?? 0;
}

/** The arguments that each call has of its own. */
export const range = { begin: 'begin', end: 'end' } as const;
export const call = { scratch: 'scratch', ...range } as const;
