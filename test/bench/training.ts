import { execFile } from 'node:child_process';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Dataset } from '../../src/dataset/dataset.ts';
import type { OpenKernel } from '../../src/kernel/kernel.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { trainAls } from '../../src/training/als.ts';
import type { AlsOptions } from '../../src/training/als-options.ts';
import { trainQuantity } from '../../src/training/quantity.ts';
import { openBackend } from '../kernel/backends.ts';
import { seedShapedOrders } from '../training/seed-data.ts';
import { writePairs, zipfDataset, zipfPairs } from './data.ts';
import { bandwidthOf, fast, here, type Measured, nothingYet, peaks, printShares, rounds } from './limits.ts';
import { duration, inTurn, median, percent, ratios, table, times } from './measure.ts';

const factors = 64;
const threads = availableParallelism();

/** The floating-point operations of one iteration with three steps of conjugate gradients. */
function flopsOf({ customers, products, purchases }: Dataset): number {
  return 32 * purchases.products.length * factors + 8 * (customers.length + products.length) * factors * factors;
}

/** Calls `each` with the milliseconds of every iteration but the first, which includes the set-up. Returns the last loss. */
async function iterate(
  kernel: OpenKernel,
  dataset: Dataset,
  count: number,
  each: (ms: number) => void,
  options: AlsOptions = {},
): Promise<number> {
  let last = 0;
  const onProgress = ({ epoch }: { epoch: number }) => {
    if (epoch > 1) each(performance.now() - last);
    last = performance.now();
  };
  const iterations = count + 1;
  const { losses } = await trainAls(kernel, dataset, { factors, solver: 'cg', ...options, iterations, onProgress });
  return losses[count];
}

export async function als(): Promise<void> {
  const dataset = zipfDataset(138_000, 20_000, 10_000_000);
  const { customers, products, purchases } = dataset;
  const measured: Measured[] = [];
  for (const backend of fast) {
    const kernel = openBackend(backend, threads);
    const yardsticks = peaks(kernel);
    const result = nothingYet(backend.name, yardsticks);
    await iterate(kernel, dataset, 7, (ms) => {
      result.rates.push(flopsOf(dataset) / ms / 1e6);
      for (const { name, measure } of yardsticks) result.limits.get(name)!.push(measure());
    });
    await kernel.close();
    measured.push(result);
  }
  printShares(
    `ALS, ${factors} factors, 3 steps, ${customers.length} customers x ${products.length} products, ` +
      `${purchases.products.length} pairs, ${threads} threads`,
    measured,
    threads,
  );
}

/**
 * Times conjugate gradients and the exact solver in turn, on customers with few products each: the exact solver is for
 * rows with fewer pairs than factors.
 */
export async function exact(): Promise<void> {
  const dataset = zipfDataset(30_000, 40_000, 800_000);
  const kernel = openKernel({ threads });
  const rows: string[][] = [];
  for (const factors of [64, 128, 256, 512, 1024]) {
    const losses = new Map<string, number>();
    const iteration = (solver: 'cg' | 'exact') => async () => {
      const own: number[] = [];
      losses.set(
        solver,
        await iterate(kernel, dataset, factors > 512 ? 1 : 3, (ms) => own.push(ms), { factors, solver }),
      );
      return median(own);
    };
    const figures = await inTurn({ cg: iteration('cg'), exact: iteration('exact') }, 3);
    const [cg, exact] = [figures.get('cg')!, figures.get('exact')!];
    const loss = losses.get('exact')! / losses.get('cg')!;
    const less = `${(100 * (1 - loss)).toFixed(2)} %`;
    rows.push([String(factors), duration(median(cg)), duration(median(exact)), ratios(exact, cg, times), less]);
  }
  await kernel.close();
  const { customers, products, purchases } = dataset;
  console.log(
    `\nALS, exact against conjugate gradients with 3 steps, ${customers.length} customers x ${products.length} products, ` +
      `${purchases.products.length} pairs, ${kernel.backend} ${kernel.isa}, ${threads} threads`,
  );
  console.log(table(['factors', 'cg', 'exact', 'exact / cg', 'loss lower by'], rows));
}

/**
 * Times an ALS iteration from 1 to 10 (with `--large`, 100) million pairs, as only customers grow and as products grow too.
 * In the second case the arithmetic grows in proportion to the pairs, and anything above linear is the cost of memory.
 */
export async function growth(large: boolean): Promise<void> {
  const scales = large && hasMemory('growth', 6e9) ? [1, 10, 100] : [1, 10];
  await grow('customers', scales, () => 20_000);
  await grow('customers and products', scales, (scale) => 2000 * scale);
}

async function grow(what: string, scales: number[], products: (scale: number) => number): Promise<void> {
  const datasets = scales.map((scale) => zipfDataset(13_800 * scale, products(scale), 1e6 * scale));
  const perPair = scales.map(() => [] as number[]);
  const shares = scales.map(() => [] as number[]);
  const kernel = openKernel({ threads });
  const [{ measure: peak }] = peaks(kernel);
  for (let round = 0; round < 3; round++) {
    for (const [i, dataset] of datasets.entries()) {
      const own: number[] = [];
      await iterate(kernel, dataset, Math.max(2, 20 / scales[i]), (ms) => own.push(ms));
      perPair[i].push((1e6 * median(own)) / dataset.purchases.products.length);
      shares[i].push(flopsOf(dataset) / median(own) / 1e6 / peak() / threads);
    }
  }
  await kernel.close();
  const title = `ALS, ${factors} factors, 3 steps, ${kernel.backend} ${kernel.isa}, ${threads} threads`;
  console.log(`\n${title}, as ${what} grow`);
  console.log(
    table(
      ['pairs', 'customers', 'products', 'iteration', 'ns per pair', 'share of own peak', 'ratio to linear'],
      datasets.map(({ customers, products, purchases }, i) => [
        String(purchases.products.length),
        String(customers.length),
        String(products.length),
        duration((median(perPair[i]) * purchases.products.length) / 1e6),
        median(perPair[i]).toFixed(1),
        percent(median(shares[i])),
        ratios(perPair[i], perPair[0], times),
      ]),
    ),
  );
}

/**
 * Measures the peak memory of a process that trains on 10 (with `--large`, also 100) million pairs, against the bytes of the
 * pairs in both directions and of the factors.
 */
export async function memory(large: boolean): Promise<void> {
  const rows: string[][] = [];
  for (const scale of large ? [10, 100] : [10]) {
    const [customers, products] = [13_800 * scale, 2000 * scale];
    const folder = await mkdtemp(join(tmpdir(), 'endcap-bench-'));
    try {
      const { bavail, bsize } = await statfs(folder);
      if (bavail * bsize < 5e6 * scale) {
        console.log(
          `\nmemory: ${folder} has no space for ${scale} million pairs: ${Math.floor((bavail * bsize) / 1e6)} MB are free`,
        );
        continue;
      }
      if (!hasMemory('memory', 4e7 * scale)) continue;
      const pairs = zipfPairs(customers, products, 1e6 * scale);
      writePairs(folder, pairs);
      const file = fileURLToPath(new URL('trainer.ts', import.meta.url));
      const child = await promisify(execFile)(process.execPath, ['--import', 'tsx', file, folder, String(products)]);
      const { emptyBytes, peakBytes } = JSON.parse(child.stdout) as { emptyBytes: number; peakBytes: number };
      const bytes = 16 * pairs.rows.length + 4 * factors * (customers + products);
      const mebibytes = (count: number) => (count / 2 ** 20).toFixed(0);
      rows.push([
        String(pairs.rows.length),
        mebibytes(peakBytes),
        mebibytes(emptyBytes),
        mebibytes(bytes),
        times(peakBytes / bytes),
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  console.log(`\nMemory of ALS training, ${factors} factors, from pairs in a file`);
  console.log(table(['pairs', 'peak MiB', 'of which Node', 'pairs and factors MiB', 'peak / pairs and factors'], rows));
}

function hasMemory(name: string, bytes: number): boolean {
  if (freemem() >= bytes) return true;
  console.log(`\n${name}: the large case needs ${bytes / 1e9} GB, but ${(freemem() / 1e9).toFixed(1)} GB are free`);
  return false;
}

export async function quantity(): Promise<void> {
  const dataset = await seedShapedOrders();
  const epochs = 10;
  // Each epoch reads and writes the factors, means and variances of both rows of each line, padded to 64.
  const gigabytes = (epochs * dataset.lines!.quantities.length * 2 * 3 * 2 * 64 * 4) / 1e9;
  const rows: string[][] = [];
  for (const { name, options } of here) {
    const kernel = openKernel({ ...options, threads: 1 });
    const bandwidth = bandwidthOf(kernel);
    const result = nothingYet(name, [bandwidth]);
    let last = 0;
    await rounds(result, [bandwidth], 3, async () => {
      const started = performance.now();
      const { losses } = await trainQuantity(kernel, dataset, { iterations: epochs });
      last = losses[epochs - 1];
      return (1000 * gigabytes) / (performance.now() - started);
    });
    const time = duration((1000 * gigabytes) / median(result.rates));
    rows.push([name, time, last.toFixed(2), ratios(result.rates, result.limits.get('bandwidth')!)]);
  }
  console.log(`\nquantity, 50 factors, 51,290 lines, 38,997 customers, ${epochs} epochs, one thread`);
  console.log(table(['kernel', 'time', 'last loss', "lines' rows, share of bandwidth"], rows));
}
