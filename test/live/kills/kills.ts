/** Kills a shop that serves, under load, and looks at what is left: the harness of `kills.test.ts` and `../../kills.ts`. */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readOrders } from '../../../src/dataset/read.ts';
import { createShop } from '../../../src/live/shop.ts';
import { openPostgresStore } from '../../../src/live/store/postgres.ts';
import { backUpStore } from '../../../src/live/store/sqlite/backup.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import { loadModel, saveModel } from '../../../src/model/file/file.ts';
import type { Model } from '../../../src/model/model.ts';
import type { Random } from '../../../src/random.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { start } from '../../cli/run.ts';
import type { OwnPostgres } from '../../support/postgres.ts';
import { createClient } from './clients.ts';
import { type Call, createLedger, type Ledger, type Snapshot, snapshotOf } from './ledger.ts';

/** What is killed: the server, or the database under it. */
type Victim = 'server' | 'database';

export interface KillOptions {
  kills: number;
  random: Random;
  /** The store is in this Postgres, and in a SQLite file without it. */
  postgres?: Pick<OwnPostgres, 'newDatabase' | 'crash'>;
  victim?: Victim;
  /** Servers over one store; one of them is killed. */
  servers?: number;
}

export interface Tally {
  kills: number;
  /** Kills while the server started. */
  starting: number;
  /** Lines that were acknowledged. */
  acknowledged: number;
  erasures: number;
  /** Lines of requests that were sent again. */
  duplicates: number;
  /** Calls without an answer, and how many of them were in the store, whole. */
  lost: number;
  lostWhole: number;
  /** Lists that were compared with those of a shop that was never killed. */
  lists: number;
  faults: string[];
}

const clientsPerServer = 12;
/** A store that has grown for so many kills makes way for a new one, so that looking at it stays quick. */
const killsPerStore = 10;
const maxLoadMs = 1000;
/** A server takes about as long to start. */
const maxStartMs = 600;
const sampledLists = 8;

/** Kills shops again and again, each at a random moment, and looks at the store and the lists after each restart. */
export async function killShops(options: KillOptions): Promise<Tally> {
  const folder = await mkdtemp(join(tmpdir(), 'endcap-shop-kills-'));
  const tally: Tally = {
    ...{ kills: 0, starting: 0, acknowledged: 0, erasures: 0, duplicates: 0, lost: 0, lostWhole: 0, lists: 0 },
    faults: [],
  };
  try {
    const orders = await readOrders(sampleOrders({ lines: 2000 }));
    const model = await fit(orders, { factors: 8, iterations: 2, threads: 1 });
    for (let life = 0; tally.kills < options.kills; life++) await liveOn(model, folder, life, options, tally);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return tally;
}

/** One store from its first start through several kills. */
async function liveOn(model: Model, folder: string, life: number, options: KillOptions, tally: Tally): Promise<void> {
  const { kills, random, postgres, victim = 'server', servers: count = 1 } = options;
  const cwd = join(folder, `${life}`);
  await mkdir(cwd);
  // A file for each server, since erasures take customers out of it.
  const models = Array.from({ length: count }, (_, i) => join(cwd, `model-${i}.safetensors`));
  for (const path of models) await saveModel(model, path);
  const data = postgres ? await postgres.newDatabase() : join(cwd, 'shop.db');
  const ledger = createLedger();
  const number = clientsPerServer * count;
  const share = <T>(list: readonly T[], i: number) => list.filter((_, place) => place % number === i);
  const clients = Array.from({ length: number }, (_, i) =>
    createClient({
      ...{ name: `${life}-${i}`, random, ledger, assortment: model.products },
      customers: share(model.customers, i).slice(0, 2),
      products: share(model.products, i),
    }),
  );
  const servers = models.map((path) => launch(path, data, cwd));

  const end = Math.min(kills, tally.kills + killsPerStore);
  while (tally.kills < end) {
    const urls = await Promise.all(servers.map(({ url }) => url));
    const killed = random.below(count);
    const loadMs = random.below(maxLoadMs);
    let isOver = false;
    const load = clients.map(async ({ next }, i) => {
      // Whoever got no answer waits until it is known what came of it.
      while (!isOver && (await sendAll(urls[i % count], next(), ledger)));
    });
    await setTimeout(loadMs);
    if (victim === 'database') await postgres!.crash();
    else await servers[killed].kill();
    isOver = true;
    await Promise.all(load);
    tally.kills++;
    if (victim === 'server' && tally.kills < end && random.below(5) === 0) {
      const starting = launch(models[killed], data, cwd);
      await setTimeout(random.below(maxStartMs));
      await starting.kill();
      tally.kills++;
      tally.starting++;
    }
    /** Starts it again, and returns its model, as it reads it. */
    const startAgain = async () => {
      const served = await loadModel(models[killed]);
      servers[killed] = launch(models[killed], data, cwd);
      return served;
    };
    let minute = currentMinute();
    let served = victim === 'server' ? await startAgain() : model;
    const url = () => servers[killed].url;
    await url();

    const before = ledger.faults.length;
    const snapshot = await look(data, cwd);
    const unanswered = ledger.compare(snapshot);
    if (!postgres) await searchBytes(cwd, ledger);
    while (victim === 'server') {
      const lists = await compareLists(await url(), served, snapshot, ledger, random);
      // What everybody buys is that of whole minutes: both must have started in the same one.
      if (lists.faults.length === 0 || minute === currentMinute()) {
        ledger.faults.push(...lists.faults);
        tally.lists += lists.count;
        break;
      }
      await servers[killed].kill();
      minute = currentMinute();
      served = await startAgain();
    }
    // Half of the calls without an answer are sent again, as their clients would.
    for (const call of unanswered)
      if (random.below(2) === 0 && !(await sendAll(await url(), [call], ledger)))
        ledger.faults.push(`sent again after the restart, it was not answered: ${JSON.stringify(call)}`);
    for (const fault of ledger.faults.slice(before))
      tally.faults.push(`store ${life}, kill ${tally.kills}, after ${loadMs} ms of load: ${fault}`);
  }
  for (const server of servers) await server.kill();
  for (const name of ['acknowledged', 'erasures', 'duplicates', 'lost', 'lostWhole'] as const)
    tally[name] += ledger.counts[name];
}

const currentMinute = () => Math.floor(Date.now() / 60_000);

interface Server {
  /** Resolves once it serves. */
  url: Promise<string>;
  kill(): Promise<void>;
}

function launch(model: string, data: string, cwd: string): Server {
  let serves: (url: string) => void;
  let fails: (error: Error) => void;
  const url = new Promise<string>((resolve, reject) => {
    serves = resolve;
    fails = reject;
  });
  const { child, ran } = start(['serve', model, '--data', data, '--port', '0'], {
    cwd,
    onStderr: (text) => {
      const found = /Serving on (\S+)/.exec(text);
      if (found) serves(found[1]);
    },
  });
  ran.then(({ stderr }) => fails(new Error(`the server ended: ${stderr}`)));
  // Who kills it while it starts does not ask for it.
  url.catch(() => {});
  return {
    url,
    async kill() {
      child.kill('SIGKILL');
      await ran;
    },
  };
}

/** Sends calls at the same time. Returns whether all were answered. */
async function sendAll(url: string, calls: readonly Call[], ledger: Ledger): Promise<boolean> {
  const answered = await Promise.all(calls.map((call) => send(url, call)));
  for (const [i, call] of calls.entries()) {
    const { status, text } = answered[i];
    if (status === 200) ledger.answered(call, JSON.parse(text));
    // Nothing was written, or nobody can say.
    else if (status === undefined || status === 503) ledger.lose(call);
    else ledger.faults.push(`${status} for ${JSON.stringify(call)}: ${text}`);
  }
  return answered.every(({ status }) => status === 200);
}

async function send(url: string, call: Call): Promise<{ status?: number; text: string }> {
  const [method, path, body] =
    call.kind === 'purchases'
      ? ['POST', '/purchases', { purchases: call.lines }]
      : call.kind === 'products'
        ? [call.method, '/products', { products: call.entries.map(toWire) }]
        : ['DELETE', `/customers/${encodeURIComponent(call.customer)}`];
  const key = call.kind === 'purchases' ? call.key : undefined;
  try {
    const response = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  } catch {
    return { text: '' };
  }
}

const toWire = ({ product, fields }: { product: string; fields: object }) => ({ product_id: product, ...fields });

/** What the store has, of a backup that is made while a server has it open. */
async function look(data: string, cwd: string): Promise<Snapshot> {
  const isFile = !data.startsWith('postgres:');
  const copy = join(cwd, 'copy', 'shop.db');
  if (isFile) {
    await mkdir(join(cwd, 'copy'));
    await backUpStore(data, copy);
  }
  const store = await (isFile ? openSqliteStore(copy) : openPostgresStore(data));
  try {
    return await snapshotOf(store);
  } finally {
    await store.close();
    await rm(join(cwd, 'copy'), { recursive: true, force: true });
  }
}

/** Looks for the ids of erased customers in the files of a store. */
async function searchBytes(cwd: string, ledger: Ledger): Promise<void> {
  for (const name of (await readdir(cwd)).filter((each) => each.startsWith('shop.db'))) {
    const bytes = await readFile(join(cwd, name));
    for (const customer of ledger.gone)
      if (customer.startsWith('customer-') && bytes.includes(customer))
        ledger.faults.push(`${customer} was erased, and is in ${name}`);
  }
}

/** Compares some lists with those of a shop that has the same from its first day. */
async function compareLists(url: string, model: Model, snapshot: Snapshot, ledger: Ledger, random: Random) {
  const folder = await mkdtemp(join(tmpdir(), 'endcap-fresh-'));
  const open = () => createShop({ model, store: join(folder, 'shop.db'), threads: 1 });
  let fresh = await open();
  const faults: string[] = [];
  try {
    for (const customer of ledger.erased) await fresh.eraseCustomer(customer);
    const { products, purchases } = snapshot;
    for (let from = 0; from < products.length; from += 1000)
      await fresh.putProducts(products.slice(from, from + 1000).map(({ product, fields }) => ({ product, ...fields })));
    for (let from = 0; from < purchases.length; from += 1000) {
      const lines = purchases.slice(from, from + 1000).map(({ seq: _, ...line }) => line);
      await fresh.recordPurchases(lines, { key: `${from}` });
    }
    // What everybody buys follows what was sold only now and then, and at the start.
    await fresh.close();
    fresh = await open();
    const known = [...ledger.customers(), ...ledger.erased];
    const sample = Array.from({ length: sampledLists }, () => known[random.below(known.length)] ?? model.customers[0]);
    for (const customer of ['nobody', ...sample]) {
      const expected = await fresh.recommend(customer, { n: 10 });
      const response = await fetch(`${url}/recommend`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user_id: customer, num_recommendations: 10 }),
      });
      const { source, recommendations } = (await response.json()) as { source: string; recommendations: Listed[] };
      const [was, is] = [
        JSON.stringify([expected.source, expected.items.map(({ product, score }) => [product, score])]),
        JSON.stringify([source, recommendations.map(({ product, score }) => [product, score])]),
      ];
      if (was !== is) faults.push(`the list of ${customer} is ${is} and not ${was}`);
    }
    return { count: 1 + sample.length, faults };
  } finally {
    await fresh.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Listed {
  product: string;
  score: number;
}
