import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Model } from '../../src/model/model.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import type { SpreadOptions } from '../../src/recommending/types.ts';
import { fit } from '../../src/training/fit.ts';
import { zipfDataset } from './data.ts';
import { fast } from './limits.ts';
import { duration, inTurn, median, table, times } from './measure.ts';

const categories = 10;
const customers = 2000;

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

/** Lists of several lengths, and limits per category of which the first makes every category count. */
const batches: Record<number, number[]> = { 10: [1, 2, 5], 100: [10, 20, 50], 300: [30, 100] };

/** The same model with each kind of categories, and what to call it. */
async function* categorizedModels(): AsyncGenerator<[model: Model, of: string]> {
  const trained = await fit(zipfDataset(8000, 50_000, 1_000_000), { factors: 64, iterations: 2 });
  for (const [name, categoryOf] of Object.entries(categorized)) {
    const productInfo = trained.products.map((_, row) => ({ category: `category ${categoryOf(trained, row)}` }));
    yield [
      { ...trained, productInfo },
      `${trained.products.length} products, ${categories} ${name}, ${trained.factors} factors`,
    ];
  }
}

/**
 * Times single requests for lists with a limit per category and diverse ones against plain lists: by the processor time of all
 * threads and the longest wait of the event loop.
 */
export async function diversity(): Promise<void> {
  const threads = availableParallelism();
  for await (const [model, of] of categorizedModels()) {
    console.log(
      `\nOne request, ${of}, ${threads} threads: processor time (longest wait of the event loop), relative to plain`,
    );
    console.log(table(['kernel', 'n', ...Object.keys(requests)], await requestRows(model, threads)));
  }
}

/** Times batches of lists with a limit per category against plain ones, by processor time on one thread. */
export async function limits(): Promise<void> {
  for await (const [model, of] of categorizedModels()) {
    console.log(`\nLists for ${customers} customers, ${of}, one thread: processor time relative to plain`);
    console.log(table(['kernel', 'n', 'plain', 'per category'], await batchRows(model)));
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

async function batchRows(model: Model): Promise<string[][]> {
  const rows: string[][] = [];
  for (const backend of fast) {
    const recommender = createRecommender(model, { ...backend.options, threads: 1 });
    for (const [n, caps] of Object.entries(batches)) {
      const lists = (options: SpreadOptions) => async () => {
        const before = process.cpuUsage();
        for await (const _ of recommender.recommendBlocks({ n: Number(n), to: customers, ...options }));
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1000;
      };
      const contestants = { plain: lists({}), ...Object.fromEntries(caps.map((c) => [c, lists({ perCategory: c })])) };
      await inTurn(contestants, 1);
      const spent = await inTurn(contestants, 5);
      const plain = Math.min(...spent.get('plain')!);
      const cells = caps.map((c) => `${c}: ${times(Math.min(...spent.get(String(c))!) / plain)}`);
      rows.push([backend.name, n, duration(plain), cells.join(', ')]);
    }
    await recommender.close();
  }
  return rows;
}
