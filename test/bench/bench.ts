/**
 * `npm run bench [-- scoring | als | quantity | reading | batch ...]`: Endcap's own cases in every backend and instruction
 * set that this machine has. The floating-point peak (independent fused multiply-adds in registers) is measured in the
 * same rounds, and every figure is a share of it: once of the peak of the best instruction set, once of its own.
 */
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOrders } from '../../src/dataset/read.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { packedLength, scratchLength, strideOf } from '../../src/kernel/operations.ts';
import { createRandom } from '../../src/random.ts';
import { createRecommender } from '../../src/recommending/open.ts';
import { sampleCsv } from '../../src/sample/sample.ts';
import { trainAls } from '../../src/training/als.ts';
import { train } from '../../src/training/train.ts';
import { backends, openBackend } from '../kernel/backends.ts';
import { seedShapedOrders } from '../training/seed-data.ts';
import { zipfDataset } from './data.ts';
import { alternate, median, percent, ratios, table } from './measure.ts';

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

/** GFLOP/s that one thread reaches in registers. */
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

async function scoring(): Promise<void> {
  const [factors, candidates, queries, n, rounds] = [64, 20_000, 2000, 10, 9];
  const random = createRandom(1);
  const stride = strideOf(factors);
  const peaks = new Map<string, number[]>();
  const contestants: Record<string, () => void> = {};
  for (const backend of here) {
    const kernel = openBackend(backend);
    const { memory, operations } = kernel;
    const fill = (rows: number) => memory.allocate(Float32Array, rows * stride).map(() => random.normal());
    const place = (values: Float32Array) => {
      const array = memory.allocate(Float32Array, values.length);
      array.set(values);
      return array;
    };
    const [q, c] = [place(fill(queries)), place(fill(candidates))];
    const packed = memory.allocate(Float32Array, packedLength(candidates, factors));
    operations.pack(c, candidates, stride, factors, packed, 0, candidates / 16);
    const rows = memory.allocate(Uint32Array, queries * n);
    const scores = memory.allocate(Float32Array, queries * n);
    const scratch = memory.allocate(Float32Array, scratchLength.topN(240, factors)) as never;
    const peak = peakOf(kernel);
    const measured: number[] = [];
    peaks.set(backend.name, measured);
    contestants[backend.name] = () => {
      for (let from = 0; from < queries; from += 240)
        operations.topN(
          q,
          stride,
          packed,
          candidates,
          factors,
          0,
          0,
          0,
          n,
          rows,
          scores,
          scratch,
          from,
          Math.min(queries, from + 240),
        );
    };
    contestants[`${backend.name} peak`] = () => void measured.push(peak());
  }
  const times = await alternate(contestants, rounds);
  const rates = (name: string) => times.get(name)!.map((ms) => (2 * queries * candidates * factors) / ms / 1e6);
  const best = bestPeak(peaks);
  const avx2 = peaks.get('native avx2')?.slice(1);
  console.log(`\nTop ${n} of ${candidates} products for ${queries} customers, ${factors} factors, one thread`);
  console.log(
    table(
      [
        'kernel',
        'GFLOP/s',
        'own peak',
        'share of own peak',
        `share of ${best.name} peak`,
        ...(avx2 ? ['share of avx2 peak'] : []),
      ],
      here.map(({ name }) => [
        name,
        median(rates(name)).toFixed(1),
        median(peaks.get(name)!.slice(1)).toFixed(1),
        ratios(rates(name), peaks.get(name)!.slice(1)),
        ratios(rates(name), best.peaks),
        ...(avx2 ? [ratios(rates(name), avx2)] : []),
      ]),
    ),
  );
}

/** The peak of the fastest instruction set, by round; the first one warmed up. */
function bestPeak(peaks: Map<string, number[]>): { name: string; peaks: number[] } {
  const [name, values] = [...peaks].sort((a, b) => median(b[1]) - median(a[1]))[0];
  return { name, peaks: values.slice(1) };
}

async function als(): Promise<void> {
  const [factors, customers, products, wanted, rounds] = [64, 138_000, 20_000, 9_300_000, 7];
  const dataset = zipfDataset(customers, products, wanted);
  const pairs = dataset.purchases.products.length;
  const flops = 32 * pairs * factors + 8 * (customers + products) * factors * factors;
  const threads = Math.min(2, availableParallelism());
  const rows: string[][] = [];
  for (const backend of here.filter(({ name }) => !name.includes('scalar'))) {
    const kernel = openBackend(backend, threads);
    const peak = peakOf(kernel);
    const widest = peakOf(openBackend(here[0]));
    const [rates, shares, widestShares]: number[][] = [[], [], []];
    let last = 0;
    await trainAls(kernel, dataset, {
      factors,
      iterations: rounds + 1,
      onProgress: ({ epoch }) => {
        const rate = flops / (performance.now() - last) / 1e6;
        // The first iteration includes the setting up.
        if (epoch > 1) {
          rates.push(rate);
          shares.push(rate / peak() / threads);
          widestShares.push(rate / widest() / threads);
        }
        last = performance.now();
      },
    });
    await kernel.close();
    rows.push([
      backend.name,
      (flops / median(rates) / 1e6).toFixed(0),
      median(rates).toFixed(1),
      percent(median(shares)),
      percent(median(widestShares)),
    ]);
  }
  console.log(
    `\nALS, ${factors} factors, 3 steps, ${customers} customers x ${products} products, ${pairs} pairs, ${threads} threads`,
  );
  console.log(
    table(['kernel', 'ms an iteration', 'GFLOP/s', 'share of own peak', `share of ${here[0].name} peak`], rows),
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
