/**
 * A week in the life of a shop: customers look at lists, buy from them and besides, and the model learns each night, through the
 * real command and its port. Somebody puts a worse model in its place, orders that are wrong, asks for the model of yesterday, has
 * a customer erased, and kills the server. Every answer is looked at, and what experiments report is compared with what is true.
 */
import { link, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { assignment } from '../../../src/live/experiments/assignment.ts';
import type { RetrainingOutcome } from '../../../src/live/retraining/outcome.ts';
import { openStoreToRead } from '../../../src/live/store/reading.ts';
import { loadModel } from '../../../src/model/file/file.ts';
import { createRandom, shuffle } from '../../../src/random.ts';
import { categories } from '../../../src/sample/products.ts';
import { endcap, json } from '../../cli/run.ts';
import { createClock } from './clock.ts';
import { createCustomers } from './customers.ts';
import { startIdle } from './idle.ts';
import type { Difference, ExperimentFound, Night, WeekOptions, WeekReport } from './report.ts';
import { createServer } from './server.ts';
import { createTruth } from './truth.ts';
import { createWitness, type ListAnswer, type Seen } from './witness.ts';
import { type Customer, createWorld, csvOf, dayMs } from './world.ts';

interface Status {
  model: { version: string; swaps: number; rollbacks: number; refusals: number; refused?: { reason: string } };
  retraining?: { running?: object; last?: RetrainingOutcome & { started_at: string } };
}

interface Comparison {
  arm: string;
  verdict: string;
  rate: Difference & { verdict: string };
}

interface ExperimentAnswer {
  arms: { name: string; customers: number; rate: { value: number } }[];
  comparisons: Comparison[];
  split: number;
  conclusions: string[];
}

const hours = [9, 12, 15, 18, 21];
/** When the shop of the day is at its best; what happens on a day happens then. */
const eventHour = 15;
const hourMs = 3_600_000;
const waitMs = 90_000;
const listLength = 10;
const hiddenCategory = categories.findIndex(({ name }) => name === 'Kitchen Care');
/** What sells best, and nothing else. */
const onlyTrend = 'taste=0,habit=0,trend=1,bought=0,repeat=0,neighbours=0';
const bestsellers = ['--fast', '--factors', '8', '--iterations', '1', '--blend', onlyTrend];
const experiments = {
  taste: { popular: { share: 50, model: 'bestsellers.safetensors' }, taste: { share: 50 } },
  same: { one: { share: 50 }, other: { share: 50 } },
};

export async function liveThrough(options: WeekOptions): Promise<WeekReport> {
  const folder = await mkdtemp(join(tmpdir(), 'endcap-week-'));
  try {
    return await lived(folder, options);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function lived(folder: string, options: WeekOptions): Promise<WeekReport> {
  const { days, seed } = options;
  const random = createRandom(seed + 1);
  const witness = createWitness();
  const { faults } = witness;
  const check = (isRight: boolean, fault: string) => isRight || faults.push(fault);
  const nights: Night[] = [];
  const refused: string[] = [];
  let [swaps, rollbacks] = [0, 0];

  const begin = Math.floor(Date.now() / dayMs) * dayMs - days * dayMs;
  const at = (day: number, hour: number) => begin + day * dayMs + hour * hourMs;
  const clock = createClock(folder);
  await clock.set(at(0, 4));

  const cwd = join(folder, 'shop');
  await mkdir(cwd);
  const world = createWorld(options);
  const history = world.history(begin);
  const customersOfOrders = new Map(history.map(({ order, customer }) => [order, customer]));
  const others = [...customersOfOrders.values()];
  shuffle(others, random);
  const shuffled = new Map([...customersOfOrders.keys()].map((order, i) => [order, others[i]]));
  await writeFile(join(folder, 'orders.csv'), csvOf(history));
  await writeFile(
    join(folder, 'shuffled.csv'),
    csvOf(history, ({ order }) => shuffled.get(order)!),
  );

  const command = (...args: string[]) => endcap(args, { cwd, env: clock.env });
  async function train(orders: string, model: string, training: readonly string[]): Promise<string> {
    const { code, stderr } = await command('train', join('..', orders), '-o', model, ...training);
    if (code !== 0) throw new Error(stderr);
    return (await loadModel(join(cwd, model))).metadata.version;
  }
  const model = 'model.safetensors';
  let version = await train('orders.csv', model, options.training);
  await train('shuffled.csv', '../worse.safetensors', options.training);
  witness.answersForArm(await train('orders.csv', 'bestsellers.safetensors', bestsellers));

  const scheduledAt = options.scheduled === undefined ? undefined : new Date(at(options.scheduled + 1, 3));
  const scheduling = scheduledAt
    ? ['--orders', '../orders.csv', '--retrain', `0 3 ${scheduledAt.getUTCDate()} ${scheduledAt.getUTCMonth() + 1} *`]
    : [];
  const server = createServer(
    [
      'serve',
      model,
      '--data',
      'shop.db',
      '--port',
      '0',
      ...scheduling,
      ...(scheduledAt ? ['--retrain-zone', 'UTC', '--fast'] : []),
    ],
    cwd,
    clock.env,
  );
  await server.start();
  const idle = startIdle();
  witness.answers(version, 0);
  const status = async () => (await server.send<Status>('GET', '/admin/status')).answer;
  async function until(what: string, isSo: (status: Status) => boolean): Promise<Status> {
    const began = performance.now();
    for (;;) {
      const now = await status();
      if (isSo(now)) return now;
      if (performance.now() - began > waitMs) throw new Error(`not within ${waitMs} ms: ${what}`);
      await setTimeout(50);
    }
  }
  const list = async (id: string, scenario: string): Promise<{ answer: ListAnswer; seen: Seen }> =>
    server.send('POST', '/recommend', { user_id: id, scenario, num_recommendations: listLength });

  await server.send('PUT', '/scenarios', {
    scenarios: {
      front: { filter: { not: { field: 'category', equals: categories[hiddenCategory].name } } },
      /** What `front` would have without the experiment. */
      shadow: { filter: { not: { field: 'category', equals: categories[hiddenCategory].name } } },
      side: {},
      load: {},
    },
    experiments: {
      taste: { arms: experiments.taste, control: 'popular', for: ['front'] },
      same: { arms: experiments.same, control: 'one', for: ['side'] },
    },
  });

  const truth = createTruth(world, ['popular', 'taste']);
  const customers = createCustomers({
    ...{
      world,
      server,
      witness,
      truth,
      now: clock.now,
      list,
      isHidden: (product) => product.category === hiddenCategory,
    },
    armOf: { taste: assignment('taste', experiments.taste), same: assignment('same', experiments.same) },
  });

  let isOver = false;
  const looks = new Set<Promise<void>>();
  const lookRandom = createRandom(seed + 2);
  const looking = (async () => {
    while (!isOver) {
      const { id } = world.customers[lookRandom.below(world.customers.length)];
      const look: Promise<void> = list(id, 'load')
        .then(({ answer, seen }) => witness.list(answer, seen, { n: listLength, isSteady: true }))
        // The server counts what failed.
        .catch(() => {})
        .finally(() => looks.delete(look));
      looks.add(look);
      await setTimeout(1000 / options.looksPerSecond);
    }
    await Promise.all(looks);
  })();

  /** Another model answers from now on, or from a moment of this work on. */
  async function changing(work: () => Promise<string>): Promise<void> {
    const from = performance.now();
    await witness.during('changes', async () => {
      const next = await work();
      if (next === version) return;
      version = next;
      witness.answers(version, from);
    });
  }

  async function retrain(night: number, orders: string): Promise<void> {
    await changing(async () => {
      const ran = await command(
        ...['retrain', model, '--orders', join('..', orders), '--data', 'shop.db', '--json', ...options.retraining],
      );
      const { outcome, reason, version: made = version } = json<RetrainingOutcome & Record<string, unknown>>(ran);
      nights.push({ night, outcome, reason });
      // Of good models, the gate refuses some by chance.
      const isRight = outcome === 'refused' || (outcome === 'swapped' && orders === 'orders.csv');
      check(isRight, `night ${night}, ${orders}: ${outcome}, ${reason}`);
      if (outcome === 'swapped') swaps++;
      if (outcome === 'refused') refused.push(`a run on ${orders}: ${reason}`);
      server.signal('SIGHUP');
      await until(`model ${made} answers`, (now) => now.model.version === made);
      return made;
    });
  }

  async function waitForScheduled(night: number): Promise<void> {
    await changing(async () => {
      const { retraining, model } = await until('the scheduled run ends', ({ retraining }) => {
        return retraining?.running === undefined && Date.parse(retraining?.last?.started_at ?? '') >= at(night + 1, 3);
      });
      const { outcome, reason } = retraining!.last!;
      nights.push({ night, outcome, reason });
      check(outcome === 'swapped' || outcome === 'refused', `night ${night}, as scheduled: ${outcome}, ${reason}`);
      if (outcome === 'swapped') swaps++;
      return model.version;
    });
  }

  async function worseFile(): Promise<void> {
    await witness.during('changes', async () => {
      const { model: before } = await status();
      const path = join(cwd, model);
      await link(path, join(folder, 'good.safetensors'));
      await rename(join(folder, 'worse.safetensors'), path);
      server.signal('SIGHUP');
      const { model: after } = await until('the worse file is refused', (now) => now.model.refusals > before.refusals);
      check(after.version === version, 'a worse file answers');
      refused.push(`a worse file: ${after.refused?.reason}`);
      await rename(join(folder, 'good.safetensors'), path);
      server.signal('SIGHUP');
      await until('the file is the one that answers', (now) => now.model.refused === undefined);
    });
  }

  async function rollback(before: string): Promise<void> {
    // What sold in the last full minute is the same for all of this.
    await clock.set(Math.ceil(clock.now() / 60_000) * 60_000 + 1000);
    const some = world.customers.filter((_, i) => i % Math.ceil(world.customers.length / 30) === 0);
    const listsOf = () =>
      Promise.all(
        some.map(async ({ id }) =>
          (await list(id, 'load')).answer.recommendations.map(({ product }) => product).join(),
        ),
      );
    async function back(to?: string): Promise<string[]> {
      await changing(
        async () =>
          (await server.send<{ version: string }>('POST', '/admin/rollback', to ? { version: to } : {})).answer.version,
      );
      rollbacks++;
      return listsOf();
    }
    const after = version;
    // Without a version, it is the one before.
    const first = await back();
    check(version === before, `rolled back to ${version}, not to ${before}`);
    const later = await back(after);
    check(version === after, `rolled back to ${version}, not to ${after}`);
    const again = await back(before);
    check(first.join('\n') === again.join('\n'), 'a model that was rolled back to has other lists the second time');
    check(first.filter((each, i) => each !== later[i]).length > some.length / 4, 'both models have the same lists');
  }

  async function erase({ id }: Customer): Promise<void> {
    await server.send('DELETE', `/customers/${id}`);
    const { answer } = await list(id, 'load');
    check(answer.source === 'popular', `an erased customer has lists by ${answer.source}`);
  }

  async function checkErased({ id }: Customer, when: string): Promise<void> {
    for (const file of await readdir(cwd))
      check(!(await readFile(join(cwd, file))).includes(id), `${when}, an erased customer is in ${file}`);
  }

  let erased: Customer | undefined;
  for (let day = 0; day < days; day++) {
    for (const product of customers.soldOutToday(random)) {
      await server.send('PATCH', '/products', { products: [{ product_id: product, available: false }] });
      witness.soldOut(product);
    }
    for (const hour of hours) {
      await clock.set(at(day, hour));
      const isEvent = hour === eventHour;
      if (isEvent && day === options.worseFile) await worseFile();
      if (isEvent && day === options.erasure) {
        erased = customers.best();
        await erase(erased);
        customers.forget(erased);
      }
      const visits = witness.during('customers', () => customers.come(options.visits / hours.length, random));
      if (isEvent && day === options.kill) {
        await setTimeout(300);
        await witness.during('changes', async () => {
          await server.stop('SIGKILL');
          await server.start();
        });
        check((await status()).model.version === version, 'after a kill another model answers');
      }
      await visits;
    }
    for (const product of customers.soldOut()) {
      witness.backInStock(product);
      await server.send('PATCH', '/products', { products: [{ product_id: product, available: true }] });
    }
    // The last night is after the week.
    if (day === days - 1) break;
    await clock.set(at(day + 1, 2));
    await setTimeout(options.calmMs);
    await clock.set(at(day + 1, 3));
    if (day === options.wrongOrders) await retrain(day, 'shuffled.csv');
    const before = version;
    if (day === options.scheduled) await waitForScheduled(day);
    else await retrain(day, 'orders.csv');
    if (rollbacks === 0 && version !== before) await rollback(before);
  }

  check(rollbacks > 0, 'no model was swapped in');

  // Lists are kept a second after they were shown.
  await setTimeout(1500);
  const found: ExperimentFound[] = [];
  for (const [name, rates] of [
    ['taste', truth.rates()],
    ['same', undefined],
  ] as const) {
    const { answer } = await server.send<ExperimentAnswer>('GET', `/experiments/${name}`);
    const [{ rate, verdict }] = answer.comparisons;
    found.push({
      ...{ name, verdict, verdictOfRate: rate.verdict, rate, split: answer.split, conclusions: answer.conclusions },
      truth: rates ? rates.taste - rates.popular : 0,
      arms: answer.arms.map((arm) => ({
        ...{ name: arm.name, customers: arm.customers, rate: arm.rate.value },
        truth: rates ? rates[arm.name as keyof typeof rates] : Number.NaN,
      })),
    });
  }
  isOver = true;
  await looking;
  const longestIdleTurn = await idle.end();
  if (erased) await checkErased(erased, 'while the shop is served');
  check((await server.stop('SIGTERM')) === 0, 'the server did not end well');
  if (erased) await checkErased(erased, 'at the end');
  faults.push(...(await customers.compareWith(await openStoreToRead(join(cwd, 'shop.db')))));
  witness.finish();
  const { requests, failures, interrupted, rssAtRest, rssPeak, longestTurn } = server.counts();
  faults.push(...failures);
  return {
    ...{ faults, days, requests, failures: failures.length, interrupted, purchases: customers.purchases() },
    ...{ swaps, rollbacks, refused, nights, experiments: found, latencies: witness.latencies() },
    ...{ longestTurn, longestIdleTurn, rssAtRest, rssPeak },
  };
}
