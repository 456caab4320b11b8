/**
 * `npm run bench [-- scoring | als | quantity | reading | batch ...]`: Endcap's own cases in every backend and instruction
 * set that this machine has. The floating-point peak (independent fused multiply-adds in registers) is measured in the
 * same rounds, and figures are shares of it: of the instruction set's own peak, and of the widest that the machine has.
 */
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOrders } from '../../src/dataset/read.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { packedLength, type Scratch, type Shared, scratchLength, strideOf } from '../../src/kernel/operations.ts';
import { createRandom } from '../../src/random.ts';
import { queriesInCall } from '../../src/recommending/batch.ts';
import { createRecommender } from '../../src/recommending/open.ts';
import { sampleCsv } from '../../src/sample/sample.ts';
import { trainAls } from '../../src/training/als.ts';
import { train } from '../../src/training/train.ts';
import { backends, openBackend } from '../kernel/backends.ts';
import { seedShapedOrders } from '../training/seed-data.ts';
import { zipfDataset } from './data.ts';
import { alternate, median, ratios, table } from './measure.ts';

const here = backends.filter(({ absent }) => !absent);
const cases: Record<string, () => Promise<void>> = { scoring, als, quantity, reading, batch };
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in cases));
if (unknown.length > 0) {
  console.error(`no case ${unknown.join(', ')}; there are ${Object.keys(cases).join(', ')}`);
  process.exit(2);
}
console.log(`${cpus()[0].model}, ${availableParallelism()} threads, Node ${process.version}`);
for (const [name, run] of Object.entries(cases)) if (asked.length === 0 || asked.includes(name)) await run();

/** Measures the GFLOP/s that one thread reaches in registers. */
function peakOf(kernel: Kernel): () => number {
  const sink = kernel.memory.allocate(Float32Array, 16);
  return () => {
    sink[0] = 0.5;
    const rounds = kernel.isa === 'scalar' ? 3e5 : 2e6;
    const started = performance.now();
    const flops = kernel.operations.peak(rounds, sink);
    return (flops * rounds) / (performance.now() - started) / 1e6;
  };
}

/** The peaks that a kernel is held against, each measured right before the kernel's turn: its own and the native ones. */
function yardsticks(own: Kernel): { name: string; measure: () => number }[] {
  const names = ['native avx512', 'native avx2'];
  const native = here.filter(({ name }) => names.includes(name));
  return [
    { name: 'own', measure: peakOf(own) },
    ...native.map((backend) => ({ name: backend.options.isa as string, measure: peakOf(openBackend(backend)) })),
  ];
}

/** A kernel's rates in some rounds, and beside each the peaks of its round. */
interface Measured {
  name: string;
  rates: number[];
  peaks: Map<string, number[]>;
}

function shares(title: string, measured: Measured[], threads = 1): void {
  const against = [...measured[0].peaks.keys()];
  console.log(`\n${title}`);
  console.log(
    table(
      ['kernel', 'GFLOP/s', 'own peak', ...against.map((name) => `share of ${name} peak`)],
      measured.map(({ name, rates, peaks }) => [
        name,
        median(rates).toFixed(1),
        (threads * median(peaks.get('own')!)).toFixed(1),
        ...against.map((peak) =>
          ratios(
            rates,
            peaks.get(peak)!.map((rate) => threads * rate),
          ),
        ),
      ]),
    ),
  );
}

async function scoring(): Promise<void> {
  const [factors, candidates, queries, n, rounds] = [64, 20_000, 2000, 10, 11];
  const stride = strideOf(factors);
  const measured: Measured[] = [];
  for (const backend of here) {
    const random = createRandom(1);
    const kernel = openBackend(backend);
    const { memory, operations } = kernel;
    const matrix = (rows: number) => {
      const values = memory.allocate(Float32Array, rows * stride);
      for (let i = 0; i < values.length; i++) values[i] = random.normal();
      return values;
    };
    const [q, c] = [matrix(queries), matrix(candidates)];
    const packed = memory.allocate(Float32Array, packedLength(candidates, factors));
    operations.pack(c, candidates, stride, factors, packed, 0, candidates / 16);
    const rows = memory.allocate(Uint32Array, queries * n);
    const scores = memory.allocate(Float32Array, queries * n);
    const shared: Shared<'topN'> = [q, stride, packed, candidates, factors, 0, 0, 0, n, rows, scores];
    const scratch = memory.allocate(Float32Array, scratchLength.topN(queriesInCall, factors)) as Scratch;
    const peaks = yardsticks(kernel);
    const result: Measured = { name: backend.name, rates: [], peaks: new Map(peaks.map(({ name }) => [name, []])) };
    for (let round = -1; round < rounds; round++) {
      const peak = peaks.map(({ name, measure }) => [name, measure()] as const);
      const started = performance.now();
      for (let from = 0; from < queries; from += queriesInCall)
        operations.topN(...shared, scratch, from, Math.min(queries, from + queriesInCall));
      const rate = (2 * queries * candidates * factors) / (performance.now() - started) / 1e6;
      // The first round warms up.
      if (round < 0) continue;
      result.rates.push(rate);
      for (const [name, value] of peak) result.peaks.get(name)!.push(value);
    }
    measured.push(result);
  }
  shares(`Top ${n} of ${candidates} products for ${queries} customers, ${factors} factors, one thread`, measured);
}

async function als(): Promise<void> {
  const [factors, customers, products, wanted, rounds] = [64, 138_000, 20_000, 9_300_000, 7];
  const dataset = zipfDataset(customers, products, wanted);
  const pairs = dataset.purchases.products.length;
  const flops = 32 * pairs * factors + 8 * (customers + products) * factors * factors;
  const threads = Math.min(2, availableParallelism());
  const measured: Measured[] = [];
  for (const backend of here.filter(({ name }) => !name.includes('scalar'))) {
    const kernel = openBackend(backend, threads);
    const peaks = yardsticks(kernel);
    const result: Measured = { name: backend.name, rates: [], peaks: new Map(peaks.map(({ name }) => [name, []])) };
    let last = 0;
    const onProgress = ({ epoch }: { epoch: number }) => {
      const rate = flops / (performance.now() - last) / 1e6;
      // The first iteration includes the setting up.
      if (epoch > 1) {
        result.rates.push(rate);
        for (const { name, measure } of peaks) result.peaks.get(name)!.push(measure());
      }
      last = performance.now();
    };
    await trainAls(kernel, dataset, { factors, iterations: rounds + 1, onProgress });
    await kernel.close();
    measured.push(result);
  }
  shares(
    `ALS, ${factors} factors, 3 steps, ${customers} customers x ${products} products, ${pairs} pairs, ${threads} threads`,
    measured,
    threads,
  );
}

async function quantity(): Promise<void> {
  const dataset = await seedShapedOrders();
  const losses = new Map<string, number>();
  const contestants = Object.fromEntries(
    here.map(({ name, options }) => [
      name,
      async () => {
        const { metadata } = await train(dataset, { algorithm: 'quantity', ...options, threads: 1 });
        losses.set(name, metadata.losses[9]);
      },
    ]),
  );
  const times = await alternate(contestants, 3);
  console.log('\nquantity, 50 factors, 51,290 lines, 38,997 customers, 10 epochs');
  console.log(
    table(
      ['kernel', 's', 'last loss'],
      [...times].map(([name, ms]) => [name, (median(ms) / 1000).toFixed(2), losses.get(name)!.toFixed(2)]),
    ),
  );
}

async function reading(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'endcap-bench-'));
  try {
    const path = join(folder, 'orders.csv');
    const file = await open(path, 'w');
    for (const text of sampleCsv({ lines: 1_000_000 })) await file.write(text);
    await file.close();
    const mebibytes = (await stat(path)).size / 2 ** 20;
    let pairs = 0;
    const read = async () => {
      pairs = (await readOrders(path)).purchases.products.length;
    };
    const times = await alternate({ read }, 5);
    const rates = times.get('read')!.map((ms) => (1000 * mebibytes) / ms);
    console.log(`\nReading, cleaning and encoding ${mebibytes.toFixed(0)} MiB of CSV, 1,000,000 lines, ${pairs} pairs`);
    console.log(
      `${median(rates).toFixed(1)} MiB/s (${Math.min(...rates).toFixed(1)} to ${Math.max(...rates).toFixed(1)})`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function batch(): Promise<void> {
  const [customers, products, n] = [138_000, 20_000, 10];
  const dataset = zipfDataset(customers, products, 9_300_000);
  const model = await train(dataset, { factors: 64, iterations: 1 });
  const contestants: Record<string, () => Promise<void>> = {};
  for (const { name, options } of here.filter((backend) => !backend.name.includes('scalar'))) {
    contestants[name] = async () => {
      const recommender = createRecommender(model, options);
      for await (const _ of recommender.recommendBlocks({ n, purchased: 'exclude' }));
      await recommender.close();
    };
  }
  const times = await alternate(contestants, 2);
  console.log(
    `\nTop ${n} for all ${customers} customers of ${products} products, purchased excluded, ${availableParallelism()} threads`,
  );
  console.log(
    table(
      ['kernel', 'customers/s'],
      [...times].map(([name, ms]) => [name, ((1000 * customers) / median(ms)).toFixed(0)]),
    ),
  );
}
