/**
 * A week in the life of a shop: customers look at lists, buy from them and besides, and the model learns each night, through the
 * real command and its port. Somebody puts a worse model in its place, orders that are wrong, asks for the model of yesterday, has
 * a customer erased, and kills the server. Every answer is looked at, and what experiments report is compared with what is true.
 */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openStoreToRead } from '../../../src/live/store/reading.ts';
import { createRandom } from '../../../src/random.ts';
import { createClock } from '../../support/clock.ts';
import { createCustomers, listLength } from './customers.ts';
import { within } from './deadline.ts';
import { reportsOf, settings } from './experiments.ts';
import { startIdle } from './idle.ts';
import { createOperator } from './operator.ts';
import { commandIn, model, orders, trainModels, writeOrders } from './prepare.ts';
import type { WeekOptions, WeekReport } from './report.ts';
import { createServer } from './server.ts';
import { createTruth } from './truth.ts';
import { createWitness, type ListAnswer } from './witness.ts';
import { type Customer, createWorld, dayMs } from './world.ts';

const hours = [9, 12, 15, 18, 21];
/** When the shop of the day is at its best; what happens on a day happens then. */
const eventHour = 15;
const hourMs = 3_600_000;
/** Customers whose lists of two models are compared. */
const compared = 30;
/** Lists that are asked for all the time and have not come: those of a second. */
export const maxBegun = 20;
/** Lists are kept a second after they were shown. */
const keptMs = 1500;

export async function liveThrough(options: WeekOptions): Promise<WeekReport> {
  const folder = await mkdtemp(join(tmpdir(), 'endcap-week-'));
  const ends: (() => unknown)[] = [];
  let at = '';
  const week = lived(folder, options, {
    atEnd: (end) => ends.push(end),
    now(place) {
      at = place;
    },
  });
  try {
    return await within(options.deadlineMs, 'all of the days', week, () => `; it has come to ${at}`);
  } finally {
    for (const end of ends) await end();
    await rm(folder, { recursive: true, maxRetries: 5 });
  }
}

interface Told {
  /** Takes what is to be ended, however the week does. */
  atEnd(end: () => unknown): void;
  /** Hears how far the week has come. */
  now(place: string): void;
}

async function lived(folder: string, options: WeekOptions, { atEnd, now }: Told): Promise<WeekReport> {
  const { days, seed, looksPerSecond, training, retraining, scheduled } = options;
  const random = createRandom(seed + 1);
  const witness = createWitness();
  const begin = Math.floor(Date.now() / dayMs) * dayMs - days * dayMs;
  const at = (day: number, hour: number) => begin + day * dayMs + hour * hourMs;
  const clock = createClock(folder);
  await clock.set(at(0, 4));

  now('the training');
  const cwd = join(folder, 'shop');
  await mkdir(cwd);
  const world = createWorld(options);
  const { ENDCAP_BACKEND } = process.env;
  const env = { ...clock.env, ...(ENDCAP_BACKEND !== undefined && { ENDCAP_BACKEND }) };
  const command = commandIn(cwd, { env });
  await writeOrders(folder, world.history(begin), random);
  const { first, bestsellers } = await trainModels(cwd, command, training);
  witness.answersForArm(bestsellers);

  const scheduledAt = scheduled === undefined ? undefined : at(scheduled + 1, 3);
  const schedule = scheduledAt === undefined ? [] : scheduledOnceAt(new Date(scheduledAt));
  const server = createServer(['serve', model, '--data', 'shop.db', '--port', '0', ...schedule], cwd, env);
  atEnd(server.end);
  await server.start();
  const idle = startIdle();
  atEnd(idle.end);
  await server.send('PUT', '/scenarios', settings);

  const list = (id: string, scenario: string) => {
    const body = { user_id: id, scenario, num_recommendations: listLength };
    return server.send<ListAnswer>('POST', '/recommend', body);
  };
  const some = world.customers.filter((_, i) => i % Math.ceil(world.customers.length / compared) === 0);
  const listOf = async ({ id }: Customer) => {
    const { answer } = await list(id, 'load');
    return answer.recommendations.map(({ product }) => product).join();
  };
  const truth = createTruth(world, ['popular', 'taste']);
  const customers = createCustomers({ world, server, witness, truth, list, now: clock.now });
  const operator = createOperator({
    ...{ folder, cwd, command, clock, server, witness, retraining, first },
    listsOfSome: () => Promise.all(some.map(listOf)),
  });

  const looking = new AbortController();
  atEnd(() => looking.abort());
  const lookRandom = createRandom(seed + 2);
  const looks = again(looking.signal, 1000 / looksPerSecond, async () => {
    const { id } = world.onlookers[lookRandom.below(world.onlookers.length)];
    const { answer, seen } = await list(id, 'load');
    witness.list(answer, seen, { n: listLength, isSteady: true });
  });

  let erased: Customer | undefined;
  async function erase(customer: Customer): Promise<void> {
    erased = customer;
    await server.send('DELETE', `/customers/${customer.id}`);
    customers.forget(customer);
    const { answer } = await list(customer.id, 'load');
    witness.check(answer.source === 'popular', `an erased customer has lists by ${answer.source}`);
  }
  async function checkErased(when: string): Promise<void> {
    if (!erased) return;
    for (const file of await readdir(cwd)) {
      const isThere = (await readFile(join(cwd, file))).includes(erased.id);
      witness.check(!isThere, `${when}, an erased customer is in ${file}`);
    }
  }

  async function live(day: number): Promise<void> {
    for (const product of customers.soldOutToday(random)) {
      await server.send('PATCH', '/products', { products: [{ product_id: product, available: false }] });
      witness.soldOut(product);
    }
    for (const hour of hours) {
      now(`day ${day}, ${hour}:00`);
      await clock.set(at(day, hour));
      const isOn = (event: number) => hour === eventHour && day === event;
      if (isOn(options.worseFile)) await operator.worseFile();
      if (isOn(options.erasure)) await erase(customers.best());
      const visits = witness.during('customers', () => customers.come(options.visits / hours.length, random));
      // Whatever goes wrong meanwhile.
      visits.catch(() => {});
      if (isOn(options.kill)) {
        await setTimeout(300);
        await operator.kill();
      }
      await visits;
    }
    for (const product of customers.soldOut()) {
      witness.backInStock(product);
      await server.send('PATCH', '/products', { products: [{ product_id: product, available: true }] });
    }
  }

  async function learn(night: number): Promise<void> {
    now(`night ${night}`);
    await clock.set(at(night + 1, 2));
    await setTimeout(options.calmMs);
    await clock.set(at(night + 1, 3));
    if (night === options.wrongOrders) await operator.retrainOnWrongOrders(night);
    const before = operator.version();
    if (night === scheduled) await operator.waitForScheduled(night, scheduledAt!);
    else await operator.retrain(night);
    if (operator.done().rollbacks === 0 && operator.version() !== before) await operator.rollback(before);
  }

  for (let day = 0; day < days; day++) {
    await live(day);
    // The last night is after the week.
    if (day < days - 1) await learn(day);
  }
  now('its end');
  const { swaps, rollbacks, refused, nights } = operator.done();
  witness.check(rollbacks > 0, 'no model was swapped in');
  await setTimeout(keptMs);
  const experiments = await reportsOf(server, truth);
  looking.abort();
  await looks;
  const longestIdleTurn = await idle.longest();
  await checkErased('while the shop is served');
  witness.check((await server.stop('SIGTERM')) === 0, 'the server did not end well');
  await checkErased('at the end');
  const { requests, failures, interrupted, rssAtRest, rssPeak, longestTurn } = server.counts();
  const inStore = await customers.compareWith(await openStoreToRead(join(cwd, 'shop.db')));
  witness.finish();
  return {
    faults: [...witness.faults, ...inStore, ...failures],
    ...{ days, requests, failures: failures.length, interrupted, purchases: customers.purchases() },
    ...{ swaps, rollbacks, refused, nights, experiments, latencies: witness.latencies() },
    ...{ longestTurn, longestIdleTurn, rssAtRest, rssPeak },
  };
}

/** Options of a server that retrains once. */
function scheduledOnceAt(time: Date): string[] {
  const schedule = `0 ${time.getUTCHours()} ${time.getUTCDate()} ${time.getUTCMonth() + 1} *`;
  return ['--orders', join('..', orders), '--retrain', schedule, '--retrain-zone', 'UTC', '--fast'];
}

/**
 * Begins something again and again until the signal fires, less often if so much of it is not over, and waits for all that it began.
 * The server counts what failed.
 */
export async function again(signal: AbortSignal, everyMs: number, begin: () => Promise<void>): Promise<void> {
  const begun = new Set<Promise<void>>();
  for (;;) {
    // A machine that is busy with something else is given more time: its server would refuse what it is asked for too often.
    while (begun.size >= maxBegun) await Promise.race(begun);
    if (signal.aborted) break;
    const one: Promise<void> = begin()
      .catch(() => {})
      .finally(() => begun.delete(one));
    begun.add(one);
    await setTimeout(everyMs);
  }
  await Promise.all(begun);
}
