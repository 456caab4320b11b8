import { availableParallelism } from 'node:os';
import type { Model } from '../../src/model/model.ts';
import { createRecommender } from '../../src/recommending/open.ts';
import { train } from '../../src/training/train.ts';
import { openBackend, type TestBackend } from '../kernel/backends.ts';
import { randomModel, zipfDataset } from './data.ts';
import { bandwidthOf, fast, here, type Measured, nothingYet, peaks, printShares, rounds } from './limits.ts';
import { duration, median, ratios, table } from './measure.ts';

const n = 10;
const factors = 64;

/** Many queries at once on one thread, nothing excluded. */
export async function scoring(): Promise<void> {
  const [candidates, queries] = [20_000, 2000];
  const model = randomModel(zipfDataset(queries, candidates, queries), factors);
  const measured = await listRates(here, model, 1, 'allow', 11);
  printShares(`Top ${n} of ${candidates} products for ${queries} customers, ${factors} factors, one thread`, measured);
}

/** One query on one thread, against the time that reading all factors once as 32-bit floats would take. */
export async function query(): Promise<void> {
  const [candidates, queries] = [1_000_000, 40];
  const model = randomModel(zipfDataset(queries, candidates, queries), factors);
  const gigabytes = (4 * candidates * factors) / 1e9;
  const rows: string[][] = [];
  for (const backend of fast) {
    const recommender = createRecommender(model, { ...backend.options, threads: 1 });
    const { measure: bandwidth } = bandwidthOf(openBackend(backend));
    const asked: number[] = [];
    const reading: number[] = [];
    // Each customer asks once: no second answer finds the way of the first in a cache.
    for (const customer of model.customers) {
      reading.push((1000 * gigabytes) / bandwidth());
      const started = performance.now();
      recommender.recommend(customer, { n });
      asked.push(performance.now() - started);
    }
    await recommender.close();
    rows.push([backend.name, duration(median(asked)), duration(median(reading)), ratios(asked, reading)]);
  }
  console.log(`\nTop ${n} of ${candidates} products for one customer, ${factors} factors, one thread`);
  console.log(table(['kernel', 'one query', 'reading the factors once', 'share of that'], rows));
}

/** Top lists for all customers of a trained model, purchased excluded. */
export async function batch(): Promise<void> {
  const [customers, products] = [138_000, 20_000];
  const model = await train(zipfDataset(customers, products, 10_000_000), { factors, iterations: 1 });
  const threads = availableParallelism();
  const measured = await listRates(fast, model, threads, 'exclude', 2);
  printShares(
    `Top ${n} for all ${customers} customers of ${products} products, purchased excluded, ${threads} threads`,
    measured,
    threads,
    { header: 'customers/s', cell: (rate) => ((1e9 * rate) / (2 * products * factors)).toFixed(0) },
  );
}

/** The GFLOP/s, of the plain method, at which each backend makes the lists of all customers. */
async function listRates(
  contestants: readonly TestBackend[],
  model: Model,
  threads: number,
  purchased: 'allow' | 'exclude',
  count: number,
): Promise<Measured[]> {
  const flops = 2 * model.customers.length * model.products.length * factors;
  const measured: Measured[] = [];
  for (const backend of contestants) {
    const recommender = createRecommender(model, { ...backend.options, threads });
    const yardsticks = peaks(openBackend(backend));
    const result = nothingYet(backend.name, yardsticks);
    await rounds(result, yardsticks, count, async () => {
      const started = performance.now();
      for await (const _ of recommender.recommendBlocks({ n, purchased }));
      return flops / (performance.now() - started) / 1e6;
    });
    await recommender.close();
    measured.push(result);
  }
  return measured;
}
