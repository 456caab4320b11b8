import { learnedByTime } from '../../src/live/purchases/learned.ts';
import { createSales } from '../../src/live/purchases/sales.ts';
import type { Model } from '../../src/model/model.ts';
import { dayMs } from '../../src/orders/times/calendar.ts';
import { createRandom } from '../../src/random.ts';
import { defaultBlend } from '../../src/ranking/weights.ts';
import { openServed } from '../../src/recommending/create.ts';
import { randomModel, zipfDataset } from './data.ts';
import { fast } from './limits.ts';
import { duration, inTurn, median, ratios, table } from './measure.ts';

const [products, customers, lines, rounds] = [1_000_000, 2000, 200_000, 7];
const end = Date.UTC(2025, 0, 31);

/**
 * What it takes for all lists to follow what sells: the processor time of a new trend, the longest that the event loop is
 * kept meanwhile, and what lists take afterwards relative to lists before.
 */
export async function selling(): Promise<void> {
  const model = dated(randomModel(zipfDataset(customers, products, 50 * customers), 32));
  const rows: string[][] = [];
  for (const kind of ['native', 'wasm']) {
    const backend = fast.find(({ options }) => options.backend === kind);
    if (!backend) continue;
    const { recommender, controls } = await openServed(model, false, { ...backend.options, threads: 1 });
    const { recommender: before } = await openServed(model, false, { ...backend.options, threads: 1 });
    const random = createRandom(2);
    const sales = createSales(model, recommender, learnedByTime(model));
    let next = 0;
    const [cpu, kept]: number[][] = [[], []];
    for (let minute = 1; minute <= rounds; minute++) {
      for (let line = 0; line < lines / rounds; line++) {
        const product = model.products[Math.floor(products * random.uniform() ** 3)];
        const time = end + (minute * dayMs) / 2;
        sales.add({ seq: next, customer: `c${line % 5000}`, order: `${next++}`, product, quantity: 1, time }, time + 1);
      }
      const longest = watchTurns();
      const started = process.cpuUsage();
      await controls.sell(sales.changed(Number.POSITIVE_INFINITY)!);
      sales.followed();
      cpu.push(msSince(started));
      kept.push(longest());
    }
    let asked = 0;
    const cpuOf = (of: typeof recommender) => () => {
      const customer = model.customers[asked++ % customers];
      const started = process.cpuUsage();
      of.recommendSync(customer, { n: 10 });
      return msSince(started);
    };
    const contestants = { before: cpuOf(before), after: cpuOf(recommender) };
    await inTurn(contestants, 3);
    const figures = await inTurn(contestants, 20);
    rows.push([
      backend.name,
      duration(median(cpu)),
      duration(median(kept)),
      ratios(figures.get('after')!, figures.get('before')!),
    ]);
    await Promise.all([recommender.close(), before.close()]);
  }
  console.log(`\nThe trend of ${products} products after ${lines} sales, one thread; processor time`);
  console.log(
    table(['kernel', 'a new trend', 'longest turn of the event loop', 'a list, relative to one before'], rows),
  );
}

function msSince(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

/** Returns what ends the watch, and gives the processor time of the longest turn of the event loop since. */
function watchTurns(): () => number {
  let longest = 0;
  let isWatching = true;
  let began = process.cpuUsage();
  const turn = () => {
    longest = Math.max(longest, msSince(began));
    began = process.cpuUsage();
    if (isWatching) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    isWatching = false;
    return longest;
  };
}

/** The same model with what a ranking needs, as of orders with times. */
function dated(model: Model): Model {
  const random = createRandom(3);
  const perProduct = (of: () => number) => Float32Array.from(model.products, of);
  const pairs = model.purchases.products.length;
  const popularity = perProduct(() => random.below(50));
  return {
    ...model,
    purchases: {
      ...model.purchases,
      lastPurchase: new Float64Array(pairs).map(() => end - 300 * dayMs * random.uniform()),
    },
    signals: {
      recency: new Float32Array(pairs).fill(1),
      lastOrders: new Uint8Array(pairs).fill(1),
      orders: new Uint32Array(model.customers.length).fill(9),
      repeatPropensity: perProduct(() => random.normal()),
      popularity,
      uptake: popularity.map((orders) => orders * random.uniform()),
      sales: popularity.map((orders) => 3 * orders),
      firstSales: new Float64Array(products).map(() => end - 300 * dayMs * random.uniform()),
    },
    metadata: {
      ...model.metadata,
      trainedAt: new Date(end).toISOString(),
      account: { ...model.metadata.account, lastPurchase: end },
      ranking: { ...defaultBlend, trend: 0.2, decay: 0.9, windowDays: 30 },
    },
  };
}
