import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Model } from '../../src/model/model.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import type { SpreadOptions } from '../../src/recommending/types.ts';
import { fit } from '../../src/training/fit.ts';
import { zipfDataset } from './data.ts';
import { fast } from './limits.ts';
import { duration, inTurn, median, ratios, table, timeOf, times } from './measure.ts';

const categories = 10;

/** Categories that say nothing about taste, and categories of products that the same customers like. */
const categorized: Record<string, (model: Model, row: number) => number> = {
  'categories by chance': (_, row) => row % categories,
  'categories by taste': ({ factors, productFactors }, row) => {
    const start = row * factors;
    const own = productFactors.subarray(start, start + categories);
    return own.indexOf(Math.max(...own));
  },
};

/** The longest lists that HTTP gives; the second limit cannot fill them. */
const requests: Record<string, SpreadOptions[]> = {
  plain: [{}, {}],
  'per category': [{ perCategory: 2 }, { perCategory: 60 }],
  diversity: [{ diversity: 0.5 }, { diversity: 0.5 }],
  both: [
    { perCategory: 2, diversity: 0.5 },
    { perCategory: 60, diversity: 0.5 },
  ],
};
const lengths = [10, 1000];

/**
 * Times lists with a limit per category and diverse ones against plain lists: single requests by the processor time of all
 * threads and the longest wait of the event loop, and lists of all customers.
 */
export async function diversity(): Promise<void> {
  const threads = availableParallelism();
  const trained = await fit(zipfDataset(8000, 50_000, 1_000_000), { factors: 64, iterations: 2 });
  for (const [name, categoryOf] of Object.entries(categorized)) {
    const productInfo = trained.products.map((_, row) => ({ category: `category ${categoryOf(trained, row)}` }));
    const model = { ...trained, productInfo };
    const of = `${model.products.length} products, ${categories} ${name}, ${model.factors} factors, ${threads} threads`;
    console.log(`\nOne request, ${of}: processor time (longest wait of the event loop), relative to plain`);
    console.log(table(['kernel', 'n', ...Object.keys(requests)], await requestRows(model, threads)));
    console.log(`\nLists of 10 for ${model.customers.length} customers, ${of}: time relative to plain`);
    const limits = [1, 2, 5];
    console.log(table(['kernel', 'plain', ...limits.map((c) => `${c} per category`)], await batchRows(model, limits)));
  }
}

async function requestRows(model: Model, threads: number): Promise<string[][]> {
  const rows: string[][] = [];
  for (const backend of fast) {
    const recommender = createRecommender(model, { ...backend.options, threads });
    for (const [i, n] of lengths.entries()) {
      const waits = new Map<string, number>();
      const contestants = Object.fromEntries(
        Object.entries(requests).map(([kind, options]) => [
          kind,
          async () => {
            const delay = monitorEventLoopDelay({ resolution: 1 });
            delay.enable();
            const before = process.cpuUsage();
            const asked = 5;
            for (const customer of model.customers.slice(0, asked))
              await recommender.recommend(customer, { n, ...options[i] });
            const { user, system } = process.cpuUsage(before);
            delay.disable();
            waits.set(kind, Math.max(waits.get(kind) ?? 0, delay.max / 1e6));
            return (user + system) / 1000 / asked;
          },
        ]),
      );
      await inTurn(contestants, 2);
      waits.clear();
      const spent = await inTurn(contestants, 7);
      const plain = spent.get('plain')!;
      const cells = [...spent].map(([kind, ms]) => {
        const ratio = kind === 'plain' ? '' : `, ${times(median(ms) / median(plain))}`;
        return `${duration(median(ms))} (${duration(waits.get(kind)!)})${ratio}`;
      });
      rows.push([backend.name, String(n), ...cells]);
    }
    await recommender.close();
  }
  return rows;
}

async function batchRows(model: Model, limits: number[]): Promise<string[][]> {
  const rows: string[][] = [];
  for (const backend of fast) {
    const recommender = createRecommender(model, backend.options);
    const lists = (options: SpreadOptions) => () =>
      timeOf(async () => {
        for await (const _ of recommender.recommendBlocks({ n: 10, ...options }));
      });
    const contestants = { plain: lists({}), ...Object.fromEntries(limits.map((c) => [c, lists({ perCategory: c })])) };
    await inTurn(contestants, 1);
    const spent = await inTurn(contestants, 7);
    const plain = spent.get('plain')!;
    rows.push([
      backend.name,
      duration(median(plain)),
      ...limits.map((c) => ratios(spent.get(String(c))!, plain, times)),
    ]);
    await recommender.close();
  }
  return rows;
}
