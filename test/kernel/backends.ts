import '../support/relaxed-simd.ts';
import * as assert from 'uvu/assert';
import type { EndcapError } from '../../src/errors.ts';
import { isas } from '../../src/kernel/backends.ts';
import type { Backend, OpenKernel } from '../../src/kernel/kernel.ts';
import { copyIn } from '../../src/kernel/memory.ts';
import { type KernelOptions, openKernel } from '../../src/kernel/open.ts';

export interface TestBackend {
  name: string;
  options: KernelOptions;
  /** Why it cannot be tested here. */
  absent: string | undefined;
}

/** If set, the only instruction sets that are tested, with commas between them; they are of native kernels. */
const { ENDCAP_TEST_ISA: onlyIsas } = process.env;

/** Every backend at every instruction set, with the reason if it does not run here. */
export const backends: TestBackend[] = [
  ...isas.native.map((isa) => probe({ backend: 'native', isa })),
  ...isas.wasm.map((isa) => probe({ backend: 'wasm', isa })),
];

function probe(options: KernelOptions): TestBackend {
  const name = `${options.backend} ${options.isa}`;
  if (onlyIsas && !(options.backend === 'native' && onlyIsas.split(',').includes(options.isa!)))
    return { name, options, absent: `only native ${onlyIsas} is tested` };
  try {
    openKernel({ ...options, threads: 1 });
    return { name, options, absent: undefined };
  } catch (error) {
    const { tried } = (error as EndcapError).details as { tried: { reason: string }[] };
    const [why] = tried.map(({ reason }) => reason).filter((reason) => reason !== 'no such file');
    return { name, options, absent: why ?? `there is no ${options.backend} build` };
  }
}

/** Why a backend cannot be tested here; undefined if it can. */
export function absentBackend(backend: Backend): string | undefined {
  const isHere = backends.some(({ options, absent }) => options.backend === backend && absent === undefined);
  return isHere ? undefined : `there is no ${backend} kernel here`;
}

/** A kernel of a backend, on one thread by default. */
export function openBackend({ options }: TestBackend, threads = 1): OpenKernel {
  return openKernel({ ...options, threads });
}

const guards: Float32Array[] = [];

/** Scratch with a guard behind it; `checkGuards` fails if an operation wrote past the end. */
export function scratchOf(kernel: OpenKernel, length: number): Float32Array {
  const whole = kernel.memory.allocate(Float32Array, length + 16);
  guards.push(whole.subarray(length).fill(123));
  return whole.subarray(0, length);
}

export function checkGuards(): void {
  for (const guard of guards.splice(0))
    assert.ok(
      guard.every((value) => value === 123),
      'an operation wrote past its scratch',
    );
}

/** A small generator of numbers from 0 to 1, with the same stream for the same seed. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    state = (state ^ (state >>> 13)) >>> 0;
    return state / 2 ** 32;
  };
}

/** A padded matrix with entries in [-1, 1). */
export function padded(rows: number, factors: number, stride: number, seed: number): Float32Array {
  const values = new Float32Array(rows * stride);
  const next = numbers(seed);
  for (let row = 0; row < rows; row++) for (let k = 0; k < factors; k++) values[row * stride + k] = 2 * next() - 1;
  return values;
}

/** The same in kernel memory. */
export function matrix(kernel: OpenKernel, rows: number, factors: number, stride: number, seed: number): Float32Array {
  return copyIn(kernel.memory, Float32Array, padded(rows, factors, stride, seed));
}

/** Asserts that every number is within `tolerance` of the expected one, relative to the largest of them or 1. */
export function closeTo(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.is(actual.length, expected.length, what);
  let largest = 1;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]));
  for (let i = 0; i < expected.length; i++) {
    assert.ok(
      Math.abs(actual[i] - expected[i]) <= tolerance * largest,
      `${what}: [${i}] is ${actual[i]}, not ${expected[i]}`,
    );
  }
}
