/**
 * `npm run bench:subsamples [-- "Online Retail" Beibei ...] [-- --seeds 20] [-- --first 0] [-- --orders 200,500,1500]`: how
 * small shops fare. Whole customers of each real shop beside the checkout are drawn at random until the training part has
 * so many orders; a shop without orders counts customers. Models are trained with default options and compared with what a
 * shop could serve without any: GP-Top for all products, and popular products (of the last 60 days, where orders have
 * times) for those that are new to the customer. Differences are paired over customers, and pooled over seeds. Prints a
 * Markdown table; exits with 1 if a baseline wins by more than two standard errors.
 */
import { parseArgs } from 'node:util';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { baselinesOf } from '../../src/measuring/baselines/baselines.ts';
import { meanOf, merge, noSums, type Sums, verdictOf } from '../../src/measuring/means.ts';
import { measure } from '../../src/measuring/measure.ts';
import { holdOut } from '../../src/measuring/protocols/protocols.ts';
import type { Measure } from '../../src/measuring/results.ts';
import { createRandom, shuffle } from '../../src/random.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import { train } from '../../src/tuning/train.ts';
import { type Basket, datasetOfBaskets } from '../support/baskets.ts';
import { beibei, gowalla, onlineRetail, taFeng, tmall } from '../support/shops.ts';
import { sharedData } from '../support/skip.ts';

const k = 10;
const metrics = ['recall', 'ndcg'] as const;
type Metric = (typeof metrics)[number];
type Question = 'all' | 'explore';

interface Shop {
  name: string;
  file: string;
  /** Where a test part is given, it holds the targets of the customers who are drawn. */
  load: () => Promise<{ train: Dataset; test?: Dataset }>;
}

const shops: Shop[] = [
  { name: 'Online Retail', file: 'online-retail.parquet', load: async () => ({ train: await onlineRetail() }) },
  { name: 'Ta-Feng', file: 'tafeng-baskets.json.gz', load: async () => ({ train: taFeng() }) },
  { name: 'Tmall', file: 'tmall-train.csv.gz', load: tmall },
  { name: 'Beibei', file: 'beibei-train.csv.gz', load: beibei },
  { name: 'Gowalla', file: 'gowalla-train.txt.gz', load: async () => gowalla() },
];

/** Of one question, over all customers of all seeds. */
interface Pooled {
  own: Record<Metric, Sums>;
  /** The model minus the baseline. */
  gain: Record<Metric, Sums>;
}

const { values, positionals: words } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    first: { type: 'string', default: '0' },
    orders: { type: 'string', default: '200,500,1500' },
  },
  allowPositionals: true,
});
const [seeds, first] = [Number(values.seeds), Number(values.first)];
const sizes = values.orders.split(',').map(Number);

const rows: string[][] = [];
let lost = 0;
for (const { name, file, load } of shops) {
  if (words.length > 0 && !words.some((word) => name.toLowerCase().includes(word.toLowerCase()))) continue;
  const { absent } = sharedData(file);
  if (absent) {
    console.log(`skipped: ${name} because ${absent}`);
    continue;
  }
  const shop = await load();
  for (const size of sizes) {
    const pooled: Record<Question, Pooled> = { all: nothing(), explore: nothing() };
    for (let seed = first; seed < first + seeds; seed++) await compare(subsample(shop, size, seed), pooled);
    for (const question of ['all', 'explore'] as const) {
      const { own, gain } = pooled[question];
      const gains = metrics.map((metric) => meanOf(gain[metric]));
      const verdicts = gains.map(verdictOf);
      const verdict = verdicts.includes('worse') ? 'LOSES' : verdicts.includes('better') ? 'wins' : 'level';
      if (verdict === 'LOSES') lost++;
      rows.push([
        name,
        String(size),
        question,
        String(own.recall.count),
        metrics.map((metric) => short(meanOf(own[metric]).mean)).join(' / '),
        ...gains.map(difference),
        verdict,
      ]);
    }
  }
}
const header = ['shop', 'orders', 'question', 'customers', `recall / NDCG @${k}`, 'recall +', 'NDCG +', ''];
const lines = [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
console.log(`All products against gp-top, new ones (explore) against popularity; ${seeds} seeds from ${first}\n`);
console.log(lines.join('\n'));
process.exitCode = lost > 0 ? 1 : 0;

/** Draws whole customers until the part that is trained on has so many orders. */
function subsample({ train: whole, test }: Awaited<ReturnType<Shop['load']>>, size: number, seed: number) {
  const { offsets } = whole.history!;
  const drawn = Uint32Array.from(whole.customers.keys());
  shuffle(drawn, createRandom(seed));
  const isOrder = whole.account.columns.order !== undefined;
  let orders = 0;
  let count = 0;
  while (orders < size && count < drawn.length) {
    const own = offsets[drawn[count] + 1] - offsets[drawn[count]];
    orders += test || !isOrder ? 1 : Math.max(1, own - 1);
    count++;
  }
  const customers = drawn.subarray(0, count);
  const ids = new Set(Array.from(customers, (c) => whole.customers[c]));
  return {
    train: only(whole, customers),
    test:
      test &&
      only(
        test,
        Uint32Array.from(test.customers.keys()).filter((c) => ids.has(test.customers[c])),
      ),
  };
}

/** The shop that has these customers only, and the products that they bought. */
function only({ customers, products, history, account }: Dataset, rows: Uint32Array): Dataset {
  const { offsets, starts, times, quantities, products: lines } = history!;
  const baskets = new Map<string, Basket[]>();
  for (const c of rows) {
    const orders = Array.from({ length: offsets[c + 1] - offsets[c] }, (_, i): Basket => {
      const order = offsets[c] + i;
      const bought: Record<string, number> = {};
      for (let line = starts[order]; line < starts[order + 1]; line++)
        bought[`${products[lines[line]]} `] = quantities?.[line] ?? 1;
      return { products: bought, ...(times && { time: times[order] }) };
    });
    baskets.set(customers[c], orders);
  }
  return datasetOfBaskets(baskets, new Map(), account.columns);
}

async function compare(shop: { train: Dataset; test?: Dataset }, pooled: Record<Question, Pooled>): Promise<void> {
  const { heldOut } = holdOut(shop.train, shop.test ? { test: shop.test } : {});
  const { baselines } = baselinesOf(heldOut);
  const strongest = { all: 'gp-top', explore: heldOut.train.history?.times ? 'popular-60d' : 'popular' };
  const recommender = createRecommender(await train(heldOut.train));
  try {
    for (const question of ['all', 'explore'] as const) {
      const baseline = baselines.filter(({ name }) => name === strongest[question]);
      const model = { name: 'endcap', lists: recommender };
      const measured = await measure(heldOut, [model, ...baseline], { ks: [k], questions: [question] });
      const [result] = measured.results;
      const [comparison] = measured.comparisons;
      if (!result) continue;
      for (const metric of metrics) {
        const { own, gain } = pooled[question];
        own[metric] = merge([own[metric], sumsOf(result.metrics[metric], result.customers)]);
        gain[metric] = merge([gain[metric], sumsOf(comparison.metrics[metric], result.customers)]);
      }
    }
  } finally {
    await recommender.close();
  }
}

function nothing(): Pooled {
  return { own: { recall: noSums(), ndcg: noSums() }, gain: { recall: noSums(), ndcg: noSums() } };
}

/** The sums behind a mean and its error. */
function sumsOf({ mean, standardError }: Measure, count: number): Sums {
  const variance = (standardError ?? 0) ** 2 * count;
  return { count, sum: mean * count, squares: variance * (count - 1) + mean * mean * count };
}

function difference(measure: Measure): string {
  const { mean, standardError } = measure;
  return `${mean < 0 ? '−' : '+'}${short(Math.abs(mean))} (± ${short(standardError ?? 0)})`;
}

function short(value: number): string {
  return value.toFixed(4).replace(/^0/, '');
}
