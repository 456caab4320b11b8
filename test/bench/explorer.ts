import { readFileSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createShop } from '../../dist/live/shop.js';
import { createApp } from '../../dist/server/app.js';
import { countLists, gently } from '../../dist/server/page/catalogue/counting.js';
import { coverageOf, emptyCoverage, listsOf } from '../../dist/server/page/catalogue/coverage.js';
import type { Shop } from '../../src/live/types.ts';
import type { Model } from '../../src/model/model.ts';
import { dayMs } from '../../src/orders/times/calendar.ts';
import { createRandom } from '../../src/random.ts';
import { defaultBlend } from '../../src/ranking/weights.ts';
import { randomModel, zipfDataset } from './data.ts';
import { duration, median, percent, table, times } from './measure.ts';

const [customers, products, pairs, factors] = [1_000_000, 200_000, 10_000_000, 16];
const end = Date.UTC(2025, 0, 31);
/** Products that the catalogue takes at a time. */
const said = 1000;

type App = ReturnType<typeof createApp>;

/**
 * What the pages of the explorer take in a large shop, with the compiled code: each page when it is asked for first and later, the
 * longest turn of the event loop meanwhile, their memory, and how long lists take while coverage is counted.
 */
export async function explorer(): Promise<void> {
  const model = named(randomModel(zipfDataset(customers, products, pairs), factors));
  const shop = await createShop({ model });
  try {
    for (let from = 0; from < products; from += said)
      await shop.putProducts(
        model.products.slice(from, from + said).map((product, i) => {
          const { name, category } = model.productInfo[from + i];
          return { product, name, category, price: 1 + (i % 90) };
        }),
      );
    const before = memoryNow();
    const app = createApp({ shop, explorer: true });
    await setTimeout(idleMs);
    const unseen = memoryNow();
    // What Node loads for the first request of a process, and threads that start with the first list, are no part of a page.
    await app.request('/recommend', {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ user_id: model.customers[7] }),
    });
    await pages(app, shop, pathsOf(model));
    const seen = memoryNow();
    await pages(app, shop, { 'a customer, with similar ones': `${pathsOf(model)['a customer']}?similar=yes` });
    const compared = memoryNow();
    const more = (now: Memory, of: keyof Memory) => `${((now[of] - before[of]) / 2 ** 20).toFixed(0)} MiB`;
    console.log(`\nWhat the explorer adds to the memory of the process`);
    console.log(
      table(
        ['', 'heap and arrays', 'all of the process'],
        [
          ['before somebody looks', more(unseen, 'used'), more(unseen, 'rss')],
          ['after every page', more(seen, 'used'), more(seen, 'rss')],
          ['with similar customers', more(compared, 'used'), more(compared, 'rss')],
        ],
      ),
    );
    await listsMeanwhile(app, shop, model);
  } finally {
    await shop.close();
  }
}

/** After its start, a server has nothing to do for so long. */
const idleMs = 6000;
const rounds = 5;

function pathsOf(model: Model): Record<string, string> {
  const popular = model.products[model.purchases.products[pairs >> 1]];
  const customer = model.customers[1234];
  const names = (count: number) =>
    Array.from({ length: count }, (_, i) => model.productInfo[7919 * (i + 1)].name!).join('\n');
  const [word] = model.productInfo[77].name!.split(' ');
  const basket = (text: string) => `/customers/${customer}?basket=${encodeURIComponent(text)}`;
  return {
    'a basket of three names, one unknown': basket(`${names(2)}\nnothing is called so`),
    home: '',
    customers: '/customers',
    'customers by the beginning of an id': '/customers?q=00012',
    'a customer': `/customers/${customer}`,
    'a customer, with options': `/customers/${customer}?diversity=0.5&purchased=exclude&n=50`,
    'a basket of ten names': basket(names(10)),
    products: '/products',
    'a search by a word': `/products?q=${word}`,
    'a search by a letter': '/products?q=a',
    'a search that finds nothing': '/products?q=qqqqqqqqqq',
    'a product that sells': `/products/${popular}`,
    'a product': `/products/${model.products[1234]}`,
    catalogue: '/catalogue',
    quality: '/quality',
    data: '/data',
    live: '/live',
    'the catalogue as CSV': '/catalogue.csv',
  };
}

async function pages(app: App, shop: Shop, asked: Readonly<Record<string, string>>): Promise<void> {
  const taken = new Map<string, Taken[]>(Object.keys(asked).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, path] of Object.entries(asked)) {
      taken.get(name)!.push(await take(app, `/explorer${path}`));
      // Who reads a page asks for the next one later.
      await setTimeout(round === 0 ? 300 : 20);
    }
  }
  const most = (of: readonly Taken[], figure: keyof Taken) => Math.max(...of.map((each) => each[figure]));
  const rows = Array.from(taken, ([name, [first, ...later]]) => [
    name,
    ...[first.ms, first.cpu, first.turn].map(duration),
    ...[median(later.map(({ ms }) => ms)), median(later.map(({ cpu }) => cpu)), most(later, 'turn')].map(duration),
  ]);
  const { state, counted } = coverageOf(shop);
  console.log(
    `\nPages of ${products} products and ${customers} customers, in the order in which they were asked for first; turns of the ` +
      `event loop by the processor time of its thread; coverage is ${state}, of ${percent(counted / customers)}`,
  );
  const heads = ['time', 'processor time', 'longest turn'];
  console.log(
    table(['page', ...heads.map((head) => `first, ${head}`), ...heads.map((head) => `later, ${head}`)], rows),
  );
}

/** In milliseconds; `cpu` is of the thread with the event loop. */
interface Taken {
  ms: number;
  cpu: number;
  turn: number;
}

async function take(app: App, path: string): Promise<Taken> {
  const longest = watchTurns();
  const [began, cpu] = [performance.now(), threadCpu()];
  const answer = await app.request(path);
  if (answer.status !== 200) throw new Error(`${path} is a ${answer.status}`);
  for await (const _ of answer.body!);
  const taken = { ms: performance.now() - began, cpu: threadCpu() - cpu };
  return { ...taken, turn: longest() };
}

/** Milliseconds that the processor has worked for this thread; of all threads if the system does not say. */
function threadCpu(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
}

/**
 * Returns what ends the watch, and gives the processor time of the longest turn of the event loop since. It is by a timer, since a
 * loop that never sleeps would take a processor; what it sees as one turn are all of a millisecond.
 */
function watchTurns(): () => number {
  let longest = 0;
  let began = threadCpu();
  const look = () => {
    const now = threadCpu();
    longest = Math.max(longest, now - began);
    began = now;
  };
  const timer = setInterval(look, 1);
  return () => {
    clearInterval(timer);
    look();
    return longest;
  };
}

interface Memory {
  used: number;
  rss: number;
}

function memoryNow(): Memory {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return { used: heapUsed + arrayBuffers, rss };
}

const requestsPerSecond = 200;
const secondsOfRound = 5;
const roundsOfLists = 3;

/** Lists at a steady rate, without coverage and with, in turn. Latencies count from when a request was due. */
async function listsMeanwhile(app: App, shop: Shop, model: Model): Promise<void> {
  const counting = { without: [] as Latencies[], with: [] as Latencies[] };
  await lists(app, model);
  let counted = 0;
  for (let round = 0; round < roundsOfLists; round++) {
    counting.without.push(await lists(app, model));
    const coverage = emptyCoverage(model);
    const stop = new AbortController();
    const stopped = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
    const wait = (ms: number) => Promise.race([gently.wait(ms), stopped]);
    const isCurrent = () => !stop.signal.aborted;
    const ended = countLists(coverage, { ...listsOf(shop), isCurrent }, { ...gently, wait });
    counting.with.push(await lists(app, model));
    stop.abort();
    await ended;
    counted += coverage.counted;
  }
  const figure = (of: readonly Latencies[], share: keyof Latencies) => median(of.map((each) => each[share]));
  const shares = ['p50', 'p99', 'longest'] as const;
  console.log(
    `\n${requestsPerSecond} requests/s for lists of five, medians of ${roundsOfLists} rounds of ${secondsOfRound} s each; meanwhile, ` +
      `the lists of ${Math.round(counted / roundsOfLists / secondsOfRound)} customers a second are counted`,
  );
  const rows = Object.entries(counting).map(([name, of]) => [
    `${name} coverage`,
    ...shares.map((share) => duration(figure(of, share))),
  ]);
  const ratio = shares.map((share) => times(figure(counting.with, share) / figure(counting.without, share)));
  console.log(table(['', ...shares], [...rows, ['ratio', ...ratio]]));
}

interface Latencies {
  p50: number;
  p99: number;
  longest: number;
}

async function lists(app: App, model: Model): Promise<Latencies> {
  const latencies: number[] = [];
  const open: Promise<void>[] = [];
  const headers = { 'content-type': 'application/json' };
  async function ask(at: number, customer: string): Promise<void> {
    const answer = await app.request('/recommend', {
      ...{ method: 'POST', headers },
      body: JSON.stringify({ user_id: customer }),
    });
    await answer.text();
    if (answer.status !== 200) throw new Error(`a list is a ${answer.status}`);
    latencies.push(performance.now() - at);
  }
  const began = performance.now();
  for (let i = 0; i < requestsPerSecond * secondsOfRound; i++) {
    const due = began + (1000 * i) / requestsPerSecond;
    for (let left = due - performance.now(); left > 0; left = due - performance.now())
      await (left > 2 ? setTimeout(1) : setImmediate());
    open.push(ask(due, model.customers[(i * 7919) % customers]));
  }
  await Promise.all(open);
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(share * latencies.length)];
  return { p50: at(0.5), p99: at(0.99), longest: latencies[latencies.length - 1] };
}

const [words, periods] = [3000, 52];

/** The same model with names, and with what a ranking and pages need, as of orders with times. */
function named(model: Model): Model {
  const random = createRandom(5);
  const letters = (count: number) => Array.from({ length: count }, () => String.fromCharCode(97 + random.below(26)));
  const all = Array.from({ length: words }, () => letters(4 + random.below(6)).join(''));
  const word = () => all[random.below(words)];
  const perProduct = (of: () => number) => Float32Array.from(model.products, of);
  const { length } = model.purchases.products;
  const popularity = new Float32Array(products);
  for (const product of model.purchases.products) popularity[product]++;
  const perPeriod = 20;
  const sold = products * perPeriod;
  return {
    ...model,
    productInfo: model.products.map(() => ({ name: `${word()} ${word()} ${word()}, ${word()}`, category: word() })),
    purchases: {
      ...model.purchases,
      orders: new Uint32Array(length).map(() => (random.below(4) === 0 ? 2 : 1)),
      lastPurchase: new Float64Array(length).map(() => end - 300 * dayMs * random.uniform()),
    },
    signals: {
      recency: new Float32Array(length).fill(1),
      lastOrders: new Uint8Array(length).fill(1),
      orders: new Uint32Array(customers).map(() => 1 + random.below(9)),
      repeatPropensity: perProduct(() => random.normal()),
      popularity,
      uptake: popularity.map((orders) => orders * random.uniform()),
      sales: popularity.map((orders) => 3 * orders),
      firstSales: new Float64Array(products).map(() => end - 300 * dayMs * random.uniform()),
    },
    sales: {
      offsets: Uint32Array.from({ length: products + 1 }, (_, row) => row * perPeriod),
      periods: Uint8Array.from({ length: sold }, (_, i) => periods - perPeriod + (i % perPeriod)),
      orders: Uint32Array.from({ length: sold }, () => 1 + random.below(50)),
    },
    metadata: {
      ...model.metadata,
      trainedAt: new Date(end).toISOString(),
      account: { ...model.metadata.account, firstPurchase: end - 300 * dayMs, lastPurchase: end },
      ranking: { ...defaultBlend, trend: 0.2, decay: 0.9, windowDays: 30 },
      sales: { from: end - 7 * periods * dayMs, periodDays: 7, periods },
    },
  };
}
