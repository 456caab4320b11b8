import { setFlagsFromString } from 'node:v8';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { type KernelOptions, openKernel } from '../../src/kernel/select.ts';

export interface TestBackend {
  name: string;
  options: KernelOptions;
  /** Why it cannot be tested here. */
  absent: string | undefined;
}

// Node 20 has relaxed SIMD behind this flag; later ones have it in any case.
if (process.version.startsWith('v20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

/** Every backend and instruction set there is, with the reason where this machine has it not. */
export const backends: TestBackend[] = [
  ...['avx512', 'avx2', 'sse2', 'neon', 'scalar'].map((isa) => probe({ backend: 'native', isa })),
  ...['relaxed', 'simd', 'scalar'].map((isa) => probe({ backend: 'wasm', isa })),
];

function probe(options: KernelOptions): TestBackend {
  const name = `${options.backend} ${options.isa}`;
  try {
    openKernel({ ...options, threads: 1 });
    return { name, options, absent: undefined };
  } catch (error) {
    return { name, options, absent: (error as Error).message.replaceAll(/\s+/g, ' ') };
  }
}

/** One thread of a backend. */
export function openBackend({ options }: TestBackend, threads = 1): Kernel {
  return openKernel({ ...options, threads });
}

/** A small generator of numbers for tests: the same stream for the same seed. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    state = (state ^ (state >>> 13)) >>> 0;
    return state / 2 ** 32;
  };
}

/** A padded matrix with entries in [-1, 1), as it lies in kernel memory. */
export function matrix(kernel: Kernel, rows: number, factors: number, stride: number, seed: number): Float32Array {
  const values = kernel.memory.allocate(Float32Array, rows * stride);
  const next = numbers(seed);
  for (let row = 0; row < rows; row++) for (let k = 0; k < factors; k++) values[row * stride + k] = 2 * next() - 1;
  return values;
}
