import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readOrders } from '../../src/dataset/read.ts';
import { saveModel } from '../../src/model/file/file.ts';
import type { Model } from '../../src/model/model.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { randomModel, zipfDataset } from './data.ts';
import { duration, inTurn, median, ratios, table, timeOf, times } from './measure.ts';

const rounds = 7;
const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** What a server has taken by its first answers, if the system says. */
interface Taken {
  /** Seconds of processor time up to the first answer. */
  cpu: number;
  /** Bytes in memory after some hundred answers, over those of the file. */
  memory: number;
}

/**
 * Times what a user waits for before the work: the command line against `node -e 0`, and a server from its start to the
 * first answer against a Node process that reads the model file once, which is in the page cache. Runs the build.
 */
export async function start(large: boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'endcap-bench-'));
  const rows: string[][] = [];
  const add = (name: string, figures: Map<string, number[]>, taken: readonly Taken[] = []) => {
    const [own, baseline] = figures.values();
    const of = (figure: keyof Taken, shown: (value: number) => string) =>
      taken.length > 0 ? shown(median(taken.map((each) => each[figure]))) : '';
    rows.push([
      ...[name, duration(median(own)), duration(median(baseline)), ratios(own, baseline, times)],
      ...[of('cpu', (seconds) => duration(1000 * seconds)), of('memory', times)],
    ]);
  };
  const addServer = async (name: string, shop: { path: string; customer: string }) => {
    const taken: Taken[] = [];
    add(name, await inTurn(contest(shop, taken), rounds), taken);
    await rm(shop.path);
  };
  const saved = async (name: string, model: Model) => {
    const path = join(folder, name);
    await saveModel(model, path);
    return { path, customer: model.customers[model.customers.length >> 1] };
  };
  try {
    const small = await saved('small', await fit(await readOrders(sampleOrders()), { factors: 64, iterations: 1 }));
    const empty = () => run(['-e', '0']);
    const version = () => run([program, '--version']);
    add('endcap --version', await inTurn({ version, empty }, rounds));
    const recommend = () => run([program, 'recommend', small.path, small.customer]);
    add('endcap recommend, a small model', await inTurn({ recommend, empty }, rounds));
    const shop = await saved('shop', randomModel(zipfDataset(138_000, 20_000, 10_000_000), 64));
    await addServer('serve, 138,000 customers x 20,000 products', shop);
    if (large) {
      const wide = await saved('wide', randomModel(zipfDataset(1000, 1_000_000, 10_000), 128));
      await addServer('serve, 1,000,000 products x 128 factors', wide);
      const widest = await saved('widest', randomModel(zipfDataset(100_000, 1_500_000, 1_000_000), 128));
      await addServer('serve, 1.1 GB: 100,000 customers x 1,500,000 products x 128 factors', widest);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  console.log('\nFrom the start of a process to its result, against node -e 0, or a process that reads the model file');
  console.log(table(['start of', 'time', 'baseline', 'ratio', 'processor time', 'memory, of the file'], rows));
}

function contest({ path, customer }: { path: string; customer: string }, taken: Taken[]) {
  return {
    serve: () => firstAnswer(path, customer, taken),
    read: () => run(['-e', `fs.readFileSync(${JSON.stringify(path)})`]),
  };
}

/** Milliseconds from the start of a Node process to its end. */
function run(args: string[]): Promise<number> {
  return timeOf(async () => {
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${args.join(' ')} exited with ${code}`);
  });
}

/** Answers after which memory is looked at. */
const answers = 300;

/** Milliseconds from the start of a server to its first answer. */
async function firstAnswer(path: string, customer: string, taken: Taken[]): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, [program, 'serve', path, '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  for await (const text of child.stderr) {
    said += text;
    const [url] = /http:\/\/[\d.:]+/.exec(said) ?? [];
    if (url === undefined) continue;
    const ask = async () => {
      const answer = await fetch(`${url}/recommend`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user_id: customer }),
      });
      await answer.text();
      if (!answer.ok) throw new Error(`a request was answered with ${answer.status}`);
    };
    try {
      await ask();
      const elapsed = performance.now() - started;
      const cpu = processorSeconds(child.pid!);
      for (let i = 0; i < answers; i++) await ask();
      const bytes = bytesInMemory(child.pid!);
      if (cpu !== undefined && bytes !== undefined) taken.push({ cpu, memory: bytes / statSync(path).size });
      return elapsed;
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  }
  throw new Error(`the server ended: ${said}`);
}

/** Of a process, from its start; undefined unless the system is Linux. */
function processorSeconds(pid: number): number | undefined {
  const fields = readSystem(`/proc/${pid}/stat`)?.split(' ');
  // In hundredths of a second, in programs and in the system.
  return fields && (Number(fields[13]) + Number(fields[14])) / 100;
}

function bytesInMemory(pid: number): number | undefined {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readSystem(`/proc/${pid}/status`) ?? '') ?? [];
  return kib === undefined ? undefined : 1024 * Number(kib);
}

function readSystem(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
