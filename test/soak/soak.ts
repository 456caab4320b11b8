/**
 * `npm run soak [-- <minutes> [<seed>]]` keeps `endcap serve` at full load, 10 minutes by default, with clients that also
 * hang up, send halves, pipeline, and send nonsense. It fails if an answer has a status that its request does not explain (no
 * 5xx but 503), if health does not answer, if memory grows by more than 5 %, or if the server does not end in order.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { saveModel } from '../../src/model/file/file.ts';
import { createRandom, type Random } from '../../src/random.ts';
import { randomModel, zipfDataset } from '../bench/data.ts';
import type { HealthReport, Probe } from './health.ts';
import { draw, type Sent } from './requests.ts';

const minutes = Number(process.argv[2] ?? 10);
const seed = Number(process.argv[3] ?? 1);
const shop = { customers: 20_000, products: 4000 };
/** More than are answered at a time, so that the server refuses some. */
const clients = 160;
const maxConcurrentRequests = 96;
/** The server may grow until then: the JIT compiles, buffers reach their size. */
const warmUp = 0.25;
const growth = 1.05;

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'endcap-soak-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const model = randomModel(zipfDataset(shop.customers, shop.products, 200_000), 64);
const productInfo = model.productInfo.map((info, row) => ({ ...info, category: `category ${row % 20}` }));
await saveModel({ ...model, productInfo }, join(folder, 'model.safetensors'));
const { server, port } = await serve(join(folder, 'model.safetensors'));
const health = fork(path('health.ts'), [String(port), String(server.pid)], { execArgv: ['--import', 'tsx'] });

const end = performance.now() + minutes * 60_000;
const statuses = new Map<number, number>();
const problems: string[] = [];
const behaviors = { answered: 0, hungUp: 0, half: 0, pipelined: 0 };
const memory: { at: number; megabytes: number }[] = [];
const probes: Probe[] = [];

const sampling = setInterval(async () => {
  const left = (end - performance.now()) / 60_000;
  memory.push({ at: 1 - left / minutes, megabytes: residentMegabytes(server) });
  if (memory.length % 60 === 0)
    console.log(`${left.toFixed(0)} minutes left, ${memory.at(-1)!.megabytes.toFixed(0)} MB`);
}, 1000);
const loops = Array.from({ length: clients }, (_, i) => client(createRandom(seed * 1000 + i)));
await Promise.all(loops);
clearInterval(sampling);
await takeHealth();
health.disconnect();

server.kill('SIGTERM');
const [code] = await once(server, 'exit');
if (code !== 0) problems.push(`SIGTERM ended the server with exit code ${code}`);
report();

/** Starts the command and waits until it serves. */
function serve(model: string): Promise<{ server: ChildProcess; port: number }> {
  const limits = ['--max-concurrent-requests', String(maxConcurrentRequests)];
  const command = [path('../../dist/cli/main.js'), 'serve', model, '--port', '0', ...limits];
  const server = spawn(process.execPath, command, { stdio: ['ignore', 'inherit', 'pipe'] });
  let text = '';
  return new Promise((resolve, reject) => {
    server.stderr!.on('data', (chunk) => {
      text += chunk;
      const port = /Serving on http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port !== undefined) resolve({ server, port: Number(port) });
    });
    server.once('exit', () => reject(new Error(`the server ended: ${text}`)));
  });
}

/** One client: connects, behaves in one of several ways, and connects again when the connection ends. */
async function client(random: Random): Promise<void> {
  while (performance.now() < end) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const answers = readAnswers(socket);
    try {
      while (performance.now() < end && !socket.destroyed && !(await behave(socket, answers, random)));
    } finally {
      socket.destroy();
    }
  }
}

/** Sends something. Returns whether the connection is used up. */
async function behave(socket: Socket, answers: Answers, random: Random): Promise<boolean> {
  const kind = random.below(100);
  const sent = draw(random, shop);
  if (kind < 4) {
    behaviors.hungUp++;
    socket.write(sent.bytes);
    await wait(random.below(20));
    return true;
  }
  if (kind < 7) {
    behaviors.half++;
    socket.write(sent.bytes.subarray(0, sent.bytes.length >> 1));
    // Some wait for the 408.
    const patience = random.below(100) < 5 ? 30_000 : random.below(3000);
    await Promise.race([answers.closed, wait(Math.min(patience, end - performance.now()))]);
    return true;
  }
  const count = kind < 10 ? 2 + random.below(40) : 1;
  if (count > 1) behaviors.pipelined++;
  const all = [sent, ...Array.from({ length: count - 1 }, () => draw(random, shop))];
  socket.write(Buffer.concat(all.map(({ bytes }) => bytes)));
  for (const each of all) {
    const status = await answers.next();
    if (status === undefined) return true;
    behaviors.answered++;
    check(each, status, count > 1);
  }
  return all.some(({ closes }) => closes);
}

function check({ statuses: expected, bytes }: Sent, status: number, isPipelined: boolean): void {
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  // Nonsense between pipelined requests is answered out of turn, and too many of them with a 503.
  if (expected.includes(status) || (isPipelined && (status < 500 || status === 503))) return;
  problems.push(`${status} for ${bytes.toString('latin1', 0, 200)}`);
}

interface Answers {
  /** The status of the next answer; undefined once the connection has ended. */
  next(): Promise<number | undefined>;
  closed: Promise<void>;
}

function readAnswers(socket: Socket): Answers {
  let buffered = Buffer.alloc(0);
  const ready: number[] = [];
  let isClosed = false;
  let wake = () => {};
  socket.on('data', (bytes) => {
    buffered = Buffer.concat([buffered, bytes]);
    for (;;) {
      const head = buffered.indexOf('\r\n\r\n');
      const [, status, length] =
        /^HTTP\/1\.1 (\d+) .*?content-length: (\d+)/is.exec(buffered.toString('latin1', 0, head + 2)) ?? [];
      if (head < 0 || length === undefined || buffered.length < head + 4 + Number(length)) break;
      buffered = buffered.subarray(head + 4 + Number(length));
      ready.push(Number(status));
    }
    wake();
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      isClosed = true;
      wake();
      resolve();
    }),
  );
  return {
    closed,
    async next() {
      while (ready.length === 0 && !isClosed) await new Promise<void>((resolve) => (wake = resolve));
      return ready.shift();
    },
  };
}

async function takeHealth(): Promise<void> {
  health.send('report');
  const [{ probes: taken, failures }] = (await once(health, 'message')) as [HealthReport];
  probes.push(...taken);
  problems.push(...failures.map((failure) => `health: ${failure}`));
}

/** Resident memory of a process, in MB. */
function residentMegabytes({ pid }: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;
}

function report(): void {
  const settled = memory.filter(({ at }) => at > warmUp).map(({ megabytes }) => megabytes);
  const third = Math.ceil(settled.length / 3);
  const [before, after] = [median(settled.slice(0, third)), median(settled.slice(-third))];
  if (after > before * growth) problems.push(`memory grew from ${before.toFixed(0)} to ${after.toFixed(0)} MB`);
  console.log(`seed ${seed}, ${minutes} minutes, ${clients} clients: ${JSON.stringify(behaviors)}`);
  console.log(`statuses: ${JSON.stringify(Object.fromEntries([...statuses].sort(([a], [b]) => a - b)))}`);
  const kinds = {
    'from question to answer': ({ ms }) => ms,
    'work of the server': ({ worked }) => worked,
    'server waits for a core': ({ waited }) => waited,
    'asker waits for a core': ({ askerWaited }) => askerWaited,
  } satisfies Record<string, (probe: Probe) => number>;
  console.log(`health, ms of ${probes.length} probes:`);
  for (const [kind, of] of Object.entries(kinds)) console.log(`  ${kind}: ${distribution(probes.map(of))}`);
  const slowest = [...probes].sort((a, b) => b.ms - a.ms).slice(0, 5);
  console.log(`  slowest: ${slowest.map(({ ms, at }) => `${ms.toFixed(0)} ms at ${at.toFixed(1)} s`).join(', ')}`);
  console.log(`memory, MB: ${before.toFixed(1)} after the warm-up, ${after.toFixed(1)} at the end`);
  for (const problem of problems.slice(0, 20)) console.log(`PROBLEM ${problem}`);
  if (problems.length > 0) console.log(`${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

function distribution(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(1);
  return `median ${at(0.5)}, 99 % ${at(0.99)}, 99.9 % ${at(0.999)}, worst ${at(1)}`;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
