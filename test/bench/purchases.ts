import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOrders } from '../../src/dataset/read.ts';
import { saveModel } from '../../src/model/file/file.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { start } from '../cli/run.ts';
import { startOwnPostgres } from '../support/postgres.ts';
import { median, table } from './measure.ts';

/** One thread answers 128 requests at a time. */
const clients = [1, 16, 128];
const linesOfOrder = 4;
const warmUpMs = 500;
const roundMs = 2000;
const rounds = 3;

/**
 * `POST /purchases` to `endcap serve --data`, in a process of its own: orders of 4 lines a second, each acknowledged once it is
 * on disk, from clients that send their next one then. The folder is that of temporary files, so that TMPDIR names the disk.
 */
export async function purchases(): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), 'endcap-purchases-'));
  const postgres = await startOwnPostgres();
  try {
    const model = await fit(await readOrders(sampleOrders({ lines: 3000 })), {
      factors: 16,
      iterations: 2,
      threads: 1,
    });
    await saveModel(model, join(cwd, 'model.safetensors'));
    const rows = [...(await measure('SQLite', 'shop.db', cwd, model.products))];
    if (typeof postgres === 'string') console.log(`\nleft out: purchases in Postgres, because ${postgres}`);
    else rows.push(...(await measure('Postgres', await postgres.newDatabase(), cwd, model.products)));
    console.log(`\nPOST /purchases, orders of ${linesOfOrder} lines, in ${tmpdir()}`);
    console.log(table(['store, clients', 'orders/s', 'p50 ms', 'p99 ms', 'server CPU ms'], rows));
  } finally {
    if (typeof postgres !== 'string') await postgres.stop();
    await rm(cwd, { recursive: true });
  }
}

async function measure(name: string, store: string, cwd: string, products: readonly string[]): Promise<string[][]> {
  let listens: (url: string) => void;
  const listening = new Promise<string>((found) => (listens = found));
  const { child, ran } = start(['serve', 'model.safetensors', '--data', store, '--port', '0'], {
    cwd,
    onStderr(text) {
      const [, url] = /Serving on (\S+) /.exec(text) ?? [];
      if (url !== undefined) listens(url);
    },
  });
  try {
    const url = await Promise.race([listening, ran.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
    const rows: string[][] = [];
    for (const count of clients) {
      await load(url, count, products, warmUpMs);
      const all = { rate: [] as number[], p50: [] as number[], p99: [] as number[], cpu: [] as number[] };
      for (let round = 0; round < rounds; round++) {
        const before = await cpuSeconds(url);
        const took = (await load(url, count, products, roundMs)).sort((a, b) => a - b);
        all.cpu.push((1000 * ((await cpuSeconds(url)) - before)) / took.length);
        all.rate.push((1000 * took.length) / roundMs);
        all.p50.push(took[took.length >> 1]);
        all.p99.push(took[Math.floor(0.99 * took.length)]);
      }
      const [rate, ...times] = [all.rate, all.p50, all.p99, all.cpu].map(median);
      rows.push([`${name}, ${count}`, rate.toFixed(0), ...times.map((ms) => ms.toFixed(2))]);
    }
    return rows;
  } finally {
    child.kill();
    await ran;
  }
}

/** Processor time of the server so far, with the thread of SQLite, and without the processes of Postgres. */
async function cpuSeconds(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)![1]);
}

let orders = 0;

/** Returns the milliseconds that each order took. */
async function load(url: string, clients: number, products: readonly string[], ms: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const end = performance.now() + ms;
  const took: number[] = [];
  const client = async () => {
    for (let sent = performance.now(); sent < end; sent = performance.now()) {
      await buy(`${url}/purchases`, agent, orderOf(orders++, products));
      took.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return took;
}

function orderOf(order: number, products: readonly string[]): string {
  const purchases = Array.from({ length: linesOfOrder }, (_, line) => ({
    user_id: `customer ${order % 10_000}`,
    order_id: `order ${order}`,
    product_id: products[(order + line) % products.length],
    quantity: 1,
  }));
  return JSON.stringify({ purchases });
}

function buy(url: string, agent: Agent, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.on('end', () =>
        answer.statusCode === 200 ? resolve() : reject(new Error(`POST /purchases: ${answer.statusCode}`)),
      );
    })
      .on('error', reject)
      .end(body);
  });
}
