import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { type Comparison, contest, type Row } from './contest.ts';
import { lacking } from './machine.ts';
import { median } from './measure.ts';
import { type Environment, peerSettings } from './python.ts';
import { writeSample } from './reading.ts';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const script = fileURLToPath(new URL('whole.py', import.meta.url));
const library = fileURLToPath(new URL('whole.mjs', import.meta.url));
const n = 10;
/** The defaults of what `train` would pick, so that nothing is left to try; as in `whole.mjs`, and in `whole.py`. */
const options = ['--factors', '128', '--iterations', '10', '--fast', '--trees', 'off', '--together', '0'];

/** A program that ran to its end. The system may not tell what it used. */
interface Ran {
  ms: number;
  used: Used | undefined;
}

interface Used {
  cpuMs: number;
  /** The largest resident memory. */
  peakBytes: number;
}

/** Runs a program, and watches what it uses. Rejects with what it printed to stderr last. */
function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  const started = performance.now();
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let used: Used | undefined;
  let said = '';
  child.stderr.on('data', (text) => {
    said = (said + text).slice(-2000);
  });
  const watch = setInterval(() => {
    used = usedBy(child.pid) ?? used;
  }, 20);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(watch);
      if (code === 0) resolve({ ms: performance.now() - started, used });
      else reject(Object.assign(new Error(`${command} ended with ${code}`), { stderr: said }));
    });
  });
}

/** What a process has used so far, in the files of Linux; a tick is 10 ms. */
function usedBy(pid: number | undefined): Used | undefined {
  try {
    const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
    const peak = /^VmHWM:\s+(\d+)/m.exec(read('status'));
    const [user, system] = read('stat').split(') ')[1].split(' ').slice(11, 13);
    return peak ? { cpuMs: 10 * (Number(user) + Number(system)), peakBytes: 1024 * Number(peak[1]) } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Times whole programs, from start to end: orders as CSV in, the ten best products of every customer out, as Parquet. Ours is
 * the command line, `train` and then `batch`, with options given; the others are what their documentation shows, which is one
 * process, and so is the library of ours, with which the command line is compared, too.
 */
export async function whole(environment: Environment, threads: number, folder: string, large: boolean): Promise<Row[]> {
  if (!existsSync(cli)) {
    console.error('whole: there is no dist/; build first');
    return [];
  }
  const all: Row[] = [];
  for (const [millions, rounds] of large
    ? [
        [1, 5],
        [10, 3],
      ]
    : [[1, 5]]) {
    const reason = await lacking({ memory: 1.2e9 * millions, disk: 2e8 * millions }, folder);
    if (reason !== undefined) {
      console.error(`whole, ${millions} million lines: ${reason}`);
      continue;
    }
    const orders = join(folder, 'orders.csv');
    await writeSample(orders, millions * 1_000_000);
    all.push(...(await race(environment, { threads, folder, orders, millions, rounds })));
    await rm(orders);
  }
  return all;
}

interface Race {
  threads: number;
  folder: string;
  orders: string;
  millions: number;
  rounds: number;
}

async function race(environment: Environment, { threads, folder, orders, millions, rounds }: Race): Promise<Row[]> {
  const model = join(folder, 'whole.model');
  const listsOf = (name: string) => join(folder, `${name}.parquet`);
  const usedByName = new Map<string, Used[]>();
  const note = (name: string, runs: readonly Ran[]): number => {
    const known = runs.flatMap(({ used }) => used ?? []);
    if (known.length === runs.length) {
      const cpuMs = known.reduce((sum, used) => sum + used.cpuMs, 0);
      const peakBytes = Math.max(...known.map((used) => used.peakBytes));
      usedByName.set(name, [...(usedByName.get(name) ?? []), { cpuMs, peakBytes }]);
    }
    return runs.reduce((sum, { ms }) => sum + ms, 0);
  };
  const ours = async () => {
    const common = ['--threads', String(threads), '--quiet'];
    const train = await run(process.execPath, [cli, 'train', orders, '-o', model, ...options, ...common], process.env);
    const listing = ['-n', String(n), '--purchased', 'exclude', '--diversity', '0'];
    const batch = await run(
      process.execPath,
      [cli, 'batch', model, '-o', listsOf('ours'), ...listing, ...common],
      process.env,
    );
    return note('ours', [train, batch]);
  };
  const theirs = (name: string) => async () => {
    if (name === 'library') {
      const args = [library, orders, listsOf(name), String(threads)];
      return note(name, [await run(process.execPath, args, process.env)]);
    }
    const { python, gaps } = environment;
    if (python === undefined) throw new Error(gaps.get('python3'));
    return note(name, [await run(python, [script, name, orders, listsOf(name)], peerSettings(threads, 1))]);
  };
  let made: Promise<number> | undefined;
  const compare = (name: string) => async () => {
    made ??= ours();
    await made;
    await theirs(name)();
    return compareLists(await readLists(listsOf('ours')), await readLists(listsOf(name)));
  };
  const rivals = [
    { name: 'implicit', full: 'pandas + implicit + pyarrow', aim: 5 },
    { name: 'rusket', full: 'duckdb + rusket + polars', aim: 3 },
    { name: 'library', full: 'Endcap as a library, in one process' },
  ];
  const rows = await contest(
    `CSV of ${millions} M lines, cleaned; 128 factors, 10 iterations; top ${n} for all as Parquet, ${threads} threads`,
    rounds,
    ours,
    rivals.map(({ name, full, aim }) => ({ name: full, aim, run: theirs(name), compare: compare(name) })),
  );
  return rows.map((row, i) => {
    const [own, other] = ['ours', rivals[i].name].map((name) => usedByName.get(name) ?? []);
    if (row.theirs === 'gap' || own.length === 0 || other.length === 0) return row;
    const typical = (runs: readonly Used[], key: keyof Used) => median(runs.map((used) => used[key]));
    const seconds = (runs: readonly Used[]) => `${(typical(runs, 'cpuMs') / 1000).toFixed(1)} s`;
    const mebibytes = (runs: readonly Used[]) => `${(typical(runs, 'peakBytes') / 2 ** 20).toFixed(0)} MiB`;
    const used = [
      `processor time ${seconds(own)}, its ${seconds(other)}`,
      `peak memory ${mebibytes(own)}, its ${mebibytes(other)}`,
    ];
    return { ...row, equal: [row.equal, ...used].join('; ') };
  });
}

/** The products of each customer's list. */
async function readLists(path: string): Promise<Map<string, Set<string>>> {
  const file = await asyncBufferFromFile(path);
  const lists = new Map<string, Set<string>>();
  for (const { customer, product } of await parquetReadObjects({
    file,
    compressors,
    columns: ['customer', 'product'],
  })) {
    const list = lists.get(String(customer)) ?? new Set();
    lists.set(String(customer), list.add(String(product)));
  }
  return lists;
}

/** The work is the same if lists of the same length exist for the same customers; which products they name is the model's. */
function compareLists(ours: Map<string, Set<string>>, theirs: Map<string, Set<string>>): Comparison {
  let shared = 0;
  let lines = 0;
  let agrees = ours.size === theirs.size;
  for (const [customer, list] of ours) {
    const other = theirs.get(customer);
    agrees &&= other?.size === list.size;
    lines += list.size;
    for (const product of list) if (other?.has(product)) shared++;
  }
  const text = `lists of ${ours.size} and ${theirs.size} customers, ${((100 * shared) / lines).toFixed(0)} % of the products the same`;
  return { text, agrees };
}
