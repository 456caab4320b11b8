import { spawn } from 'node:child_process';
import { once } from 'node:events';
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

/**
 * Times what a user waits for before the work: the command line against `node -e 0`, and a server from its start to the
 * first answer against a Node process that reads the model file once, which is in the page cache. Runs the build.
 */
export async function start(large: boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'endcap-bench-'));
  const rows: string[][] = [];
  const add = (name: string, figures: Map<string, number[]>) => {
    const [own, baseline] = figures.values();
    rows.push([name, duration(median(own)), duration(median(baseline)), ratios(own, baseline, times)]);
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
    add('serve, 138,000 customers x 20,000 products', await inTurn(contest(shop), rounds));
    await rm(shop.path);
    if (large) {
      const wide = await saved('wide', randomModel(zipfDataset(1000, 1_000_000, 10_000), 128));
      add('serve, 1,000,000 products x 128 factors', await inTurn(contest(wide), rounds));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  console.log('\nFrom the start of a process to its result, against node -e 0, or a process that reads the model file');
  console.log(table(['start of', 'time', 'baseline', 'ratio'], rows));
}

function contest({ path, customer }: { path: string; customer: string }) {
  return {
    serve: () => firstAnswer(path, customer),
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

/** Milliseconds from the start of a server to its first answer. */
async function firstAnswer(path: string, customer: string): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, [program, 'serve', path, '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  for await (const text of child.stderr) {
    said += text;
    const [url] = /http:\/\/[\d.:]+/.exec(said) ?? [];
    if (url === undefined) continue;
    const answer = await fetch(`${url}/recommend`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user_id: customer }),
    });
    await answer.text();
    const elapsed = performance.now() - started;
    child.kill();
    await once(child, 'exit');
    if (!answer.ok) throw new Error(`the first request was answered with ${answer.status}`);
    return elapsed;
  }
  throw new Error(`the server ended: ${said}`);
}
