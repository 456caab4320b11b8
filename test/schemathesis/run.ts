/**
 * Runs schemathesis, which makes requests from the OpenAPI document and checks that the answers are as it says, against
 * `endcap serve --data`, without keys and, at the same time, with one. Skips, and says so, without Python or the package.
 *
 *     npm run test:schemathesis -- [--examples 50] [--seed 1] [--env folder]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readOrders } from '../../src/dataset/read.ts';
import { saveModel } from '../../src/model/file/file.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { makeEnvironment } from '../bench/python.ts';
import { endcap, start } from '../cli/run.ts';

const { values } = parseArgs({
  options: {
    examples: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    env: { type: 'string', default: fileURLToPath(new URL('../../build/schemathesis', import.meta.url)) },
  },
});

const { python, gaps } = await makeEnvironment(resolve(values.env), { schemathesis: '4.32.5' });
const [missing] = gaps;
if (python === undefined || missing) {
  console.log(`SKIPPED: schemathesis, because ${missing?.join(': ')}`);
  process.exit(0);
}
const program = join(dirname(python), 'schemathesis');

/** Numbers what it is asked for, in the order in which it is first asked. */
function numbered(name: (place: number) => string): (id: string) => string {
  const names = new Map<string, string>();
  return (id) => {
    const known = names.get(id) ?? name(names.size);
    names.set(id, known);
    return known;
  };
}

/** Orders with the ids of the document's examples, so that these are known. */
function* exampleOrders() {
  const customer = numbered((place) => String(10_000 + place));
  const product = numbered((place) => `P${place + 1}`);
  for (const order of sampleOrders({ lines: 3000 }))
    yield { ...order, customer_id: customer(order.customer_id), product_id: product(order.product_id) };
}

const cwd = await mkdtemp(join(tmpdir(), 'endcap-schemathesis-'));
try {
  const dataset = await readOrders(exampleOrders() as Iterable<never>);
  await saveModel(await fit(dataset, { factors: 8, iterations: 2, threads: 1 }), join(cwd, 'model.safetensors'));
  const lines = dataset.products.map(
    (id, row) => `${id},Thing ${row},${row % 3 ? 'Kitchen' : 'Linen'},${row},10,${row % 2 === 0}`,
  );
  const header = 'product_id,name,category,price,stock,attributes.organic';
  await writeFile(join(cwd, 'products.csv'), [header, ...lines, ''].join('\n'));
  const { stdout: key } = await endcap(['key', 'create', '--scope', 'admin'], { cwd });
  const [open, locked] = await Promise.all([
    check([], []),
    check(['--keys', join(cwd, 'endcap-keys.json')], ['-H', `Authorization: Bearer ${String(key).trim()}`]),
  ]);
  console.log(`\n== without keys\n${open.printed}\n== with a key\n${locked.printed}`);
  process.exitCode = open.code || locked.code;
} finally {
  await rm(cwd, { recursive: true, force: true });
}

/** Serves a shop of its own with these flags, and returns schemathesis's exit code and what it printed. */
async function check(serving: string[], asking: string[]): Promise<{ code: number; printed: string }> {
  const shop = await mkdtemp(join(cwd, 'shop-'));
  for (const file of ['model.safetensors', 'products.csv']) await copyFile(join(cwd, file), join(shop, file));
  let listens: (url: string) => void;
  const listening = new Promise<string>((found) => (listens = found));
  const files = ['model.safetensors', '--data', 'shop.db', '--catalogue', 'products.csv'];
  // A machine that is busy is slow, which is not what is tested.
  const args = ['serve', ...files, '--port', '0', '--deadline-ms', '60000', ...serving];
  const onStderr = (text: string) => {
    const [, url] = /Serving on (\S+) /.exec(text) ?? [];
    if (url !== undefined) listens(url);
  };
  const { child, ran } = start(args, { cwd: shop, onStderr });
  try {
    const url = await Promise.race([listening, ran.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
    const options = ['--max-examples', values.examples, '--seed', values.seed, '--continue-on-failure', '--no-color'];
    const schemathesis = spawn(program, ['run', `${url}/openapi.json`, ...options, ...asking], {
      // Where it finds neither a configuration nor examples of earlier runs.
      cwd: await mkdtemp(join(cwd, 'empty-')),
      env: { ...process.env, SCHEMATHESIS_HOOKS: fileURLToPath(new URL('hooks.py', import.meta.url)) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    for (const stream of [schemathesis.stdout, schemathesis.stderr])
      stream.setEncoding('utf8').on('data', (text) => (printed += text));
    const [code] = await once(schemathesis, 'close');
    return { code: code ?? 1, printed };
  } finally {
    child.kill();
    await ran;
  }
}
