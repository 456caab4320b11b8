/** Kills commands while they run, and looks at what they leave: the harness of `kills.test.ts` and `../kills.ts`. */
import { once } from 'node:events';
import { type FSWatcher, watch } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parquetReadObjects } from 'hyparquet';
import * as assert from 'uvu/assert';
import { loadModel } from '../../src/model/file/file.ts';
import { decodeModel } from '../../src/model/file/format.ts';
import type { Random } from '../../src/random.ts';
import { parseTuned } from '../../src/tuning/search/tuned-file.ts';
import { until } from '../support/until.ts';
import { endcap, picked, start, writeSample } from './run.ts';

/** A command that writes a file, in two versions that can be told apart. */
interface Writer {
  old: string[];
  new: string[];
  /** Throws unless the bytes are all of a new file. `before` is the file that it replaced. */
  check(bytes: Buffer, before: Buffer, shop: Shop): unknown;
}

/** Where the commands run. What they write is alone in the folder `out`. */
export interface Shop {
  cwd: string;
  customers: readonly string[];
}

export interface Tally {
  kills: number;
  /** Kills after which the file was whole: the old one, or the new one. */
  old: number;
  new: number;
  /** Kills in the middle of writing: they left a temporary file. */
  halves: number;
  /** What was wrong after a kill: the file was torn, or the next run left something over or failed. */
  faults: string[];
}

const quick = ['--factors', '4', ...picked];
const orders = (command: string, ...args: string[]) => [command, 'orders.csv', ...quick, ...args, 'out/f'];
const train = (iterations: number) => orders('train', '--iterations', String(iterations), '-o');
const evaluate = (k: number) => orders('evaluate', '--iterations', '1', '--no-baselines', '--k', String(k), '--report');
const tune = ['tune', 'orders.csv', '--factors', '4', '--minutes', '0.01', '-o', 'out/f'];
const batch = (n: number, format: string) => [
  ...['batch', 'm.safetensors', '-n', String(n), '--format', format, '-o', 'out/f'],
];

export const writers: Record<string, Writer> = {
  train: {
    old: train(1),
    new: train(2),
    async check(bytes) {
      assert.is((await decodeModel(bytes)).metadata.options.iterations, 2);
    },
  },
  'batch csv': {
    old: batch(9, 'csv'),
    new: batch(10, 'csv'),
    check(bytes, _, { customers }) {
      const [header, ...rows] = bytes.toString().split('\n');
      assert.is(header, 'customer,rank,product,score');
      assert.is(rows.pop(), '');
      checkRows(
        rows.map((row) => row.split(',')),
        customers,
      );
    },
  },
  'batch jsonl': { old: batch(9, 'jsonl'), new: batch(10, 'jsonl'), check: checkLists },
  // Its record, of a file or of another one, must not make the next run take what is there for the lists.
  'batch --shard': {
    old: [...batch(9, 'jsonl'), '--shard', '1/1'],
    new: [...batch(10, 'jsonl'), '--shard', '1/1'],
    check: checkLists,
  },
  'batch parquet': {
    old: batch(9, 'parquet'),
    new: batch(10, 'parquet'),
    async check(bytes, _, { customers }) {
      const rows = await parquetReadObjects({ file: new Uint8Array(bytes).buffer });
      checkRows(
        rows.map(({ customer, rank }) => [String(customer), String(rank)]),
        customers,
      );
    },
  },
  tune: {
    old: tune,
    new: tune,
    check(bytes, before) {
      const [earlier, trials] = [before, bytes].map((file) => parseTuned(file.toString(), 'f').trials);
      // A search goes on where the file ends.
      assert.equal(trials.slice(0, earlier.length), earlier);
    },
  },
  'evaluate --report': {
    old: evaluate(9),
    new: evaluate(10),
    check(bytes) {
      const page = bytes.toString();
      assert.match(page, /^<!doctype html>/);
      assert.match(page, /<\/html>\s*$/);
      assert.match(page, /a list of 10 products/);
    },
  },
};

/** A line with ten products for each customer, in order. */
function checkLists(bytes: Buffer, _: Buffer, { customers }: Shop): void {
  const lines = bytes.toString().split('\n');
  assert.is(lines.pop(), '');
  const lists = lines.map((line) => JSON.parse(line));
  assert.equal(
    lists.map(({ customer }) => customer),
    customers,
  );
  assert.ok(lists.every(({ recommendations }) => recommendations.length === 10));
}

/** Ten rows for each customer, in order. */
function checkRows(rows: string[][], customers: readonly string[]): void {
  assert.is(rows.length, 10 * customers.length);
  for (const [i, [customer, rank]] of rows.entries()) {
    assert.equal([customer, rank], [customers[Math.floor(i / 10)], String((i % 10) + 1)]);
  }
}

export async function openShop(): Promise<Shop> {
  const cwd = await mkdtemp(join(tmpdir(), 'endcap-kills-'));
  await mkdir(join(cwd, 'out'));
  await writeSample(join(cwd, 'orders.csv'), 2000);
  await complete(['train', 'orders.csv', ...quick, '--iterations', '1', '-o', 'm.safetensors'], cwd);
  const { customers } = await loadModel(join(cwd, 'm.safetensors'));
  return { cwd, customers };
}

async function complete(args: string[], cwd: string): Promise<void> {
  const ran = await endcap([...args, '--quiet'], { cwd });
  assert.is(ran.code, 0, ran.stderr);
}

/**
 * Kills a writer of a new file again and again: every other time at any moment, else while it writes. Looks at the file
 * after each kill, and at what the next run leaves, after each kill or only after the last one.
 */
export async function kill(
  shop: Shop,
  writer: Writer,
  { kills, random, nextAfterEach }: { kills: number; random: Random; nextAfterEach: boolean },
): Promise<Tally> {
  const { cwd } = shop;
  const out = join(cwd, 'out');
  const file = join(out, 'f');
  const tally: Tally = { kills: 0, old: 0, new: 0, halves: 0, faults: [] };
  const { durationMs, windows } = await rehearse(writer.old, cwd);
  const old = await readFile(file);
  let halves: string[] = [];

  while (tally.kills < kills) {
    const aimed = tally.kills % 2 === 0;
    // The first temporary file is that of the check before the work.
    const appearance = aimed ? 2 + random.below(windows.length - 1) : 0;
    const delayMs = random.uniform() * (aimed ? 1.6 * windows[appearance - 1] + 0.5 : durationMs);
    const when = `${delayMs.toFixed(1)} ms after ${aimed ? `temporary file ${appearance}` : 'the start'}`;
    await writeFile(file, old);
    if (!(await killAt(writer.new, cwd, appearance, delayMs))) continue;
    tally.kills++;

    const found = await readFile(file);
    const rest = await othersIn(out);
    if (rest.some((name) => !halves.includes(name))) tally.halves++;
    halves = rest;
    if (found.equals(old)) tally.old++;
    else {
      try {
        await writer.check(found, old, shop);
        tally.new++;
      } catch (error) {
        tally.faults.push(`torn, killed ${when}: ${(error as Error).message}`);
      }
    }
    if (!nextAfterEach && tally.kills < kills) continue;
    try {
      await complete(writer.new, cwd);
      await writer.check(await readFile(file), found, shop);
      assert.equal(await othersIn(out), []);
    } catch (error) {
      tally.faults.push(`next run after a kill ${when}: ${(error as Error).message}`);
    }
  }
  for (const name of await readdir(out)) await rm(join(out, name));
  return tally;
}

/** What is beside the file and the record of a shard. */
async function othersIn(out: string): Promise<string[]> {
  return (await readdir(out)).filter((name) => name !== 'f' && name !== '.f.shard');
}

/** How long a command takes in milliseconds, and for how long each of its temporary files exists. */
async function rehearse(args: string[], cwd: string): Promise<{ durationMs: number; windows: number[] }> {
  const windows: number[] = [];
  const started = performance.now();
  let appeared = 0;
  const watching = watchTemporary(join(cwd, 'out'), (appears) => {
    const now = performance.now();
    if (appears) appeared = now;
    else windows.push(now - appeared);
  });
  await complete(args, cwd);
  const durationMs = performance.now() - started;
  // The last events may come after the exit.
  await until(() => windows.length >= 2);
  watching.close();
  return { durationMs, windows };
}

/** Kills a command some time after its start (`appearance` 0) or its nth temporary file. False if it ended before. */
async function killAt(args: string[], cwd: string, appearance: number, delayMs: number): Promise<boolean> {
  let appearances = 0;
  const { child, ran } = start([...args, '--quiet'], { cwd });
  const strike = async () => {
    // A timer is not exact enough for a window of a few milliseconds.
    const until = performance.now() + delayMs;
    if (delayMs > 20) await setTimeout(delayMs - 10);
    while (performance.now() < until);
    child.kill('SIGKILL');
  };
  const watching = watchTemporary(join(cwd, 'out'), (appears) => {
    if (appears && ++appearances === appearance) strike();
  });
  await once(child, 'spawn');
  if (appearance === 0) strike();
  const { code } = await ran;
  watching.close();
  return code === null;
}

/** Calls back whenever a temporary file appears in a folder or disappears from it. */
function watchTemporary(folder: string, changed: (appears: boolean) => void): FSWatcher {
  const present = new Set<string>();
  return watch(folder, (event, name) => {
    if (event !== 'rename' || !name?.startsWith('.endcap-')) return;
    const appears = !present.delete(name);
    if (appears) present.add(name);
    changed(appears);
  });
}
