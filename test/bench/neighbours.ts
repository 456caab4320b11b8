import type { Dataset } from '../../src/dataset/dataset.ts';
import type { Model } from '../../src/model/model.ts';
import { createRandom } from '../../src/random.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import type { Recommender } from '../../src/recommending/types.ts';
import { fit } from '../../src/training/fit.ts';
import { neighboursOf } from '../../src/training/neighbours/walk.ts';
import { datasetOf } from './data.ts';
import { fast } from './limits.ts';
import { inTurn, median, ratios, table, times } from './measure.ts';

const n = 20;
const weight = 2;
const [customers, products, pairsOfCustomer, topics] = [20_000, 40_000, 27, 500];
/** Customers of one round, in a batch and one by one. */
const [batched, single] = [4000, 200];
const rounds = 7;

/**
 * Measures the processor time of lists with neighbours against that without, for the same factors, on a made-up shop as
 * sparse as Gowalla, in which customers have a few topics.
 */
export async function neighbours(): Promise<void> {
  const dataset = shopOfTopics();
  const found = await neighboursOf(dataset);
  for (const factors of [128, 512]) {
    const plain = await fit(dataset, { factors, iterations: 2, solver: 'exact', blend: { neighbours: 0 } });
    const { metadata } = plain;
    const ranking = { ...metadata.ranking!, neighbours: weight };
    const weighed: Model = { ...plain, neighbours: found, metadata: { ...metadata, ranking } };
    const rows: string[][] = [];
    for (const { name, options } of fast) {
      const [before, after] = [plain, weighed].map((model) => createRecommender(model, { ...options, threads: 1 }));
      for (const [what, make, count] of [
        ['batch', inBatch, batched],
        ['one by one', oneByOne, single],
      ] as const) {
        const contestants = { without: () => make(before), with: () => make(after) };
        await inTurn(contestants, 1);
        const spent = await inTurn(contestants, rounds);
        const [without, weighing] = [spent.get('without')!, spent.get('with')!];
        const cell = (all: number[]) => ((1000 * median(all)) / count).toFixed(1);
        rows.push([`${name}, ${what}`, cell(without), cell(weighing), ratios(weighing, without, times)]);
      }
      await before.close();
      await after.close();
    }
    const kept = (found.products.length / products).toFixed(0);
    console.log(`\nTop ${n} of ${products} products, ${factors} factors, ${kept} neighbours of each: us of one list`);
    console.log(table(['kernel', 'without neighbours', 'with', 'ratio'], rows));
  }
}

/** Milliseconds of processor time. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function inBatch(recommender: Recommender): Promise<number> {
  const started = cpuMs();
  for await (const _ of recommender.recommendBlocks({ n, to: batched }));
  return cpuMs() - started;
}

function oneByOne(recommender: Recommender): number {
  const started = cpuMs();
  for (const id of recommender.model.customers.slice(0, single)) recommender.recommendSync(id, { n });
  return cpuMs() - started;
}

/** Customers buy four products of five from three topics of theirs, popular ones more often. */
function shopOfTopics(): Dataset {
  const random = createRandom(1);
  const perTopic = products / topics;
  const offsets = new Uint32Array(customers + 1);
  const rows: number[] = [];
  for (let c = 0; c < customers; c++) {
    const own = Array.from({ length: 3 }, () => random.below(topics));
    const bought = new Set<number>();
    // Activity has a long tail.
    const wanted = Math.min(800, Math.round((pairsOfCustomer / 2) * random.uniform() ** -0.5));
    while (bought.size < wanted) {
      const place = Math.floor(perTopic * random.uniform() ** 2);
      bought.add(random.uniform() < 0.8 ? own[random.below(3)] + topics * place : random.below(products));
    }
    for (const row of [...bought].sort((a, b) => a - b)) rows.push(row);
    offsets[c + 1] = rows.length;
  }
  return datasetOf({ products, offsets, rows: Uint32Array.from(rows) });
}
