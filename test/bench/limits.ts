import type { OpenKernel } from '../../src/kernel/kernel.ts';
import { backends, openBackend } from '../kernel/backends.ts';
import { median, ratios, table } from './measure.ts';

/** The backends and instruction sets that run on this machine. */
export const here = backends.filter(({ absent }) => !absent);
/** The ones without the scalar fallbacks, which nobody would use for large work. */
export const fast = here.filter(({ name }) => !name.includes('scalar'));

/** Returns a function that measures the GFLOP/s of one thread in registers. */
function peakOf(kernel: OpenKernel): () => number {
  const sink = kernel.memory.allocate(Float32Array, 16);
  return () => {
    sink[0] = 0.5;
    const rounds = kernel.isa === 'scalar' ? 3e5 : 2e6;
    const started = performance.now();
    const flops = kernel.operations.peak({ rounds, sink });
    return (flops * rounds) / (performance.now() - started) / 1e6;
  };
}

/** Much larger than a last-level cache. */
const streamedBytes = 2 ** 28;

/** A hardware limit that rates are compared with. */
export interface Yardstick {
  name: string;
  measure: () => number;
}

/** Measures the GB/s at which one thread reads memory sequentially. */
export function bandwidthOf({ memory, operations }: OpenKernel): Yardstick {
  const values = memory.allocate(Float32Array, streamedBytes / 4).fill(1);
  const sink = memory.allocate(Float32Array, 16);
  const measure = () => {
    const started = performance.now();
    operations.bandwidth({ values, count: values.length, sink });
    return streamedBytes / (performance.now() - started) / 1e6;
  };
  return { name: 'bandwidth', measure };
}

/**
 * The peaks that a kernel is compared with: its own and those of the wider native instruction sets. Each is measured right
 * before the kernel's turn.
 */
export function peaks(own: OpenKernel): Yardstick[] {
  const native = here.filter(({ name }) => ['native avx512', 'native avx2'].includes(name));
  return [
    { name: 'own', measure: peakOf(own) },
    ...native.map((backend) => ({ name: backend.options.isa as string, measure: peakOf(openBackend(backend)) })),
  ];
}

/** The rates of a kernel by round, and the limits measured in the same rounds. */
export interface Measured {
  name: string;
  rates: number[];
  limits: Map<string, number[]>;
}

export function nothingYet(name: string, yardsticks: Yardstick[]): Measured {
  return { name, rates: [], limits: new Map(yardsticks.map((yardstick) => [yardstick.name, []])) };
}

/** Runs `count` rounds after one to warm up: first the limits, then `work`, which returns its rate. */
export async function rounds(
  measured: Measured,
  yardsticks: Yardstick[],
  count: number,
  work: () => number | Promise<number>,
): Promise<void> {
  for (let round = -1; round < count; round++) {
    const limits = yardsticks.map(({ measure }) => measure());
    const rate = await work();
    if (round < 0) continue;
    measured.rates.push(rate);
    for (const [i, { name }] of yardsticks.entries()) measured.limits.get(name)!.push(limits[i]);
  }
}

/** Prints GFLOP/s as shares of the peak of `threads` threads, with one more column if `also` is given. */
export function printShares(
  title: string,
  measured: Measured[],
  threads = 1,
  also?: { header: string; cell: (rate: number) => string },
): void {
  const against = [...measured[0].limits.keys()];
  console.log(`\n${title}`);
  console.log(
    table(
      [
        'kernel',
        ...(also ? [also.header] : []),
        'GFLOP/s',
        'own peak',
        ...against.map((name) => `share of ${name} peak`),
      ],
      measured.map(({ name, rates, limits }) => [
        name,
        ...(also ? [also.cell(median(rates))] : []),
        median(rates).toFixed(1),
        (threads * median(limits.get('own')!)).toFixed(1),
        ...against.map((limit) =>
          ratios(
            rates,
            limits.get(limit)!.map((rate) => threads * rate),
          ),
        ),
      ]),
    ),
  );
}
