import { availableParallelism } from 'node:os';
import type { OpenKernel } from '../../src/kernel/kernel.ts';
import type { Model } from '../../src/model/model.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import { toFilter } from '../../src/recommending/filters.ts';
import { scoreBlocks } from '../../src/recommending/scoring/batch.ts';
import { type Candidates, packCandidates, padIn } from '../../src/recommending/scoring/candidates.ts';
import { fit } from '../../src/training/fit.ts';
import { openBackend, type TestBackend } from '../kernel/backends.ts';
import { randomModel, zipfDataset } from './data.ts';
import { bandwidthOf, fast, here, type Measured, nothingYet, peaks, printShares, rounds } from './limits.ts';
import { duration, inTurn, median, ratios, table, timeOf } from './measure.ts';

const n = 10;
const factors = 64;

/** Times many queries at once on one thread, with nothing excluded. */
export async function scoring(): Promise<void> {
  const [candidates, queries] = [20_000, 2000];
  const model = randomModel(zipfDataset(queries, candidates, queries), factors);
  const measured = await listRates(here, model, 1, 'allow', 11);
  printShares(`Top ${n} of ${candidates} products for ${queries} customers, ${factors} factors, one thread`, measured);
}

/** Times one query on one thread against reading all factors once as 32-bit floats. */
export async function query(): Promise<void> {
  const [candidates, queries] = [1_000_000, 40];
  const model = randomModel(zipfDataset(queries, candidates, queries), factors);
  const gigabytes = (4 * candidates * factors) / 1e9;
  const rows: string[][] = [];
  for (const backend of fast) {
    const recommender = createRecommender(model, { ...backend.options, threads: 1 });
    const { measure: bandwidth } = bandwidthOf(openBackend(backend));
    const queried: number[] = [];
    const reading: number[] = [];
    // Each customer asks once, so that no query finds what an earlier one left in a cache.
    for (const customer of model.customers) {
      reading.push((1000 * gigabytes) / bandwidth());
      const started = performance.now();
      recommender.recommendSync(customer, { n });
      queried.push(performance.now() - started);
    }
    await recommender.close();
    rows.push([backend.name, duration(median(queried)), duration(median(reading)), ratios(queried, reading)]);
  }
  console.log(`\nTop ${n} of ${candidates} products for one customer, ${factors} factors, one thread`);
  console.log(table(['kernel', 'one query', 'reading the factors once', 'ratio'], rows));
}

/** Times lists for all customers of a trained model, purchases excluded. */
export async function batch(): Promise<void> {
  const [customers, products] = [138_000, 20_000];
  const model = await fit(zipfDataset(customers, products, 10_000_000), { factors, iterations: 1 });
  const threads = availableParallelism();
  const measured = await listRates(fast, model, threads, 'exclude', 2);
  printShares(
    `Top ${n} for all ${customers} customers of ${products} products, purchases excluded, ${threads} threads`,
    measured,
    threads,
    { header: 'customers/s', cell: (rate) => ((1e9 * rate) / (2 * products * factors)).toFixed(0) },
  );
}

/**
 * Times lists ranked by taste, trend and habit against plain dot products, purchases allowed: on a model trained on Zipf
 * pairs, and on one whose candidates all have about the same length.
 */
export async function ranked(): Promise<void> {
  const [customers, products] = [138_000, 20_000];
  const trained = await fit(zipfDataset(customers, products, 10_000_000), { factors, iterations: 3 });
  const random = randomModel(zipfDataset(4000, products, 240_000), factors);
  const threads = availableParallelism();
  for (const [name, model] of Object.entries({ trained, random })) {
    const rows: string[][] = [];
    for (const backend of fast) {
      const kernel = openBackend(backend, threads);
      const { priors, bonuses } = signalsOf(kernel, model);
      const queries = padIn(kernel, model.customerFactors, factors);
      const productRows = padIn(kernel, model.productFactors, factors);
      const plain = packCandidates(kernel, productRows, factors);
      const withPriors = packCandidates(kernel, productRows, factors, { root: 2, priors });
      const make = (candidates: Candidates, bonuses?: Float32Array) => () =>
        timeOf(async () => {
          const filter = toFilter({ n }, () => undefined, ['n']);
          const range = { from: 0, to: model.customers.length };
          const { purchases } = model;
          for await (const _ of scoreBlocks(kernel, queries, candidates, purchases, bonuses, filter, range));
        });
      const contestants = { plain: make(plain), ranked: make(withPriors, bonuses) };
      await inTurn(contestants, 1);
      const times = await inTurn(contestants, 9);
      const [plainTimes, rankedTimes] = [times.get('plain')!, times.get('ranked')!];
      rows.push([
        backend.name,
        duration(median(plainTimes)),
        duration(median(rankedTimes)),
        ratios(rankedTimes, plainTimes),
      ]);
      await kernel.close();
    }
    console.log(
      `\nTop ${n} for ${model.customers.length} customers of ${products} products, ${name} factors, ${threads} threads`,
    );
    console.log(table(['kernel', 'dot products', 'taste, trend and habit', 'ratio'], rows));
  }
}

/** Makes up priors from the number of buyers, and bonuses as if each purchase were an order of its own. */
function signalsOf({ memory }: OpenKernel, { products, purchases }: Model) {
  const priors = memory.allocate(Float32Array, products.length);
  for (const product of purchases.products) priors[product]++;
  const maxSold = priors.reduce((a, b) => Math.max(a, b));
  for (const [product, sold] of priors.entries()) priors[product] = 0.1 * Math.log(sold / maxSold + 0.001);
  const bonuses = memory.allocate(Float32Array, purchases.products.length);
  for (let c = 0; c + 1 < purchases.offsets.length; c++) {
    const [first, end] = [purchases.offsets[c], purchases.offsets[c + 1]];
    bonuses.fill(4 / (1 + end - first), first, end);
  }
  return { priors, bonuses };
}

/** Measures the GFLOP/s of each backend for the lists of all customers, counting the operations of the plain method. */
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
