import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadModel } from '../../src/model/file/file.ts';
import { afterThisTest } from '../support/after-this-test.ts';
import { endcap, start, writeSample } from './run.ts';
import { curlIn, quick, send, serving } from './serving.ts';

const test = suite<{ cwd: string }>('endcap start and serve');

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-serve-'));
  await writeSample(join(context.cwd, 'orders.csv'), 2000);
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

/** A list without the id, which each one has for itself. */
async function listOf(url: string, customer: string) {
  const { recommendation_id: _, ...rest } = await send(url, 'POST', '/recommend', { user_id: customer });
  return rest;
}

test('start trains on the orders, keeps the model, and prints a curl command that works', async ({ cwd }) => {
  const args = ['start', 'orders.csv', '-o', 'kept.safetensors', ...quick, '--port', '0'];
  const ran = await serving(args, { cwd }, async (url, stderr) => {
    assert.match(stderr, /^Endcap [\d.]+, kernel (native|wasm) \w+, 1 thread\n/);
    assert.match(stderr, '2,000 rows read');
    assert.match(stderr, 'epoch 2 of 2');
    const { path, type, body } = curlIn(stderr);
    const response = await fetch(url + path, { method: 'POST', headers: { 'content-type': type }, body });
    assert.is(response.status, 200);
    const answer = (await response.json()) as { source: string; recommendations: unknown[] };
    assert.is(answer.source, 'personal');
    assert.is(answer.recommendations.length, 5);
  });
  assert.is(ran.code, 0, ran.stderr);
  assert.match(ran.stderr, /Stopping\n$/);
  assert.ok((await readdir(cwd)).includes('kept.safetensors'));
});

test('start without orders trains on the sample, and prints the request that the README shows', async ({ cwd }) => {
  const args = ['start', ...quick, '--port', '0', '-o', 'm.safetensors', '--folder', 'try'];
  await serving(args, { cwd }, async (_, stderr) => {
    assert.match(stderr, 'made-up shop');
    assert.match(stderr, 'Folder: try/sample, where');
    assert.match(stderr, '20,000 rows read');
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const [shown, printed] = [curlIn(readme), curlIn(stderr)];
    assert.equal({ ...shown, body: JSON.parse(shown.body) }, { ...printed, body: JSON.parse(printed.body) });
    const { stdout } = await endcap(['recommend', '--help'], { cwd });
    const { user_id } = JSON.parse(printed.body);
    for (const [text, customer] of `${readme}${stdout}`.matchAll(/(?:customer `|model\.safetensors )(\d+)/g)) {
      assert.is(customer, user_id, text);
    }
  });
});

test('start keeps the shop in a folder, and serves it again without training', async ({ cwd }) => {
  const args = ['start', '--folder', 'kept', '--port', '0'];
  let gone = '';
  let list: unknown;
  await serving([...args, 'orders.csv', ...quick], { cwd }, async (url, stderr) => {
    assert.match(stderr, 'Folder: kept, where');
    assert.match(stderr, 'Model: kept/model.safetensors, ');
    const { recommendations } = await send(url, 'POST', '/recommend', { user_id: 'ann' });
    gone = recommendations[0].product;
    await send(url, 'PUT', '/products', { products: [{ product_id: gone, available: false }] });
    const time = afterThisTest();
    const line = { user_id: 'ann', order_id: 'w1', product_id: recommendations[1].product, quantity: 2, time };
    await send(url, 'POST', '/purchases', { purchases: [line] });
    list = await listOf(url, 'ann');
    const second = await endcap([...args, 'orders.csv'], { cwd });
    assert.is(second.code, 1);
    assert.match(second.stderr, /kept\/shop\.db is used by another server.*--folder none/);
    assert.not.match(second.stderr, 'rows read');
  });
  const ran = await serving(['start', '--port', '0'], { cwd, env: { ENDCAP_FOLDER: 'kept' } }, async (url, stderr) => {
    assert.match(stderr, /Serving the model that is kept there; to train again: endcap start orders\.csv/);
    assert.not.match(stderr, 'rows read');
    assert.equal(await listOf(url, 'ann'), list);
  });
  assert.is(ran.code, 0, ran.stderr);
  assert.not.ok(JSON.stringify(list).includes(`"${gone}"`));
  const files = await readdir(join(cwd, 'kept'));
  assert.equal(
    files.filter((name) => !name.startsWith('shop.db')),
    ['model.safetensors'],
  );
});

test('options of training without orders are a mistake where a model is kept', async ({ cwd }) => {
  for (const args of [
    ['--factors', '9'],
    ['--delimiter', ';'],
    ['-o', 'other.safetensors'],
  ]) {
    const ran = await endcap(['start', '--folder', 'kept', ...args], { cwd });
    assert.is(ran.code, 2);
    assert.match(ran.stderr, /error: --\w+ is for training, but start serves kept\/model\.safetensors unless orders/);
  }
});

test('a training that is interrupted leaves the model that was kept', async ({ cwd }) => {
  const before = await readFile(join(cwd, 'kept', 'model.safetensors'));
  let sent = false;
  const args = ['start', 'orders.csv', '--folder', 'kept', '--iterations', '1000', '--factors', '256', '--port', '0'];
  const ran = await endcap(args, {
    cwd,
    onStderr: (text, child) => {
      if (!sent && text.includes(' pairs, in ')) sent = child.kill('SIGINT');
    },
  });
  assert.is(ran.code, 130, ran.stderr);
  assert.equal(await readFile(join(cwd, 'kept', 'model.safetensors')), before);
  assert.not.ok((await readdir(join(cwd, 'kept'))).some((name) => name.endsWith('.tmp')));
});

test('customers who were erased are not in the next model, though the orders still have them', async ({ cwd }) => {
  const args = ['start', 'orders.csv', '--folder', 'erasing', ...quick, '--port', '0'];
  let erased = '';
  let others = 0;
  await serving(args, { cwd }, async (url, stderr) => {
    erased = JSON.parse(curlIn(stderr).body).user_id;
    others = (await send(url, 'GET', '/model')).customers - 1;
    assert.equal(await send(url, 'DELETE', `/customers/${erased}`), { user_id: erased, purchases: 0, in_model: false });
  });
  await serving(args, { cwd }, async (url, stderr) => {
    assert.match(stderr, 'Left out 1 erased customer, whom orders.csv still has');
    assert.is((await send(url, 'GET', '/model')).customers, others);
    assert.is((await send(url, 'POST', '/recommend', { user_id: erased })).source, 'popular');
  });
  const { customers, metadata } = await loadModel(join(cwd, 'erasing', 'model.safetensors'));
  assert.not.ok(customers.includes(erased));
  assert.equal(metadata.account.examples, {});
});

test('start keeps nothing if told so', async ({ cwd }) => {
  const nothing = join(cwd, 'nothing');
  await mkdir(nothing);
  const args = ['start', '../orders.csv', '--folder', 'none', ...quick, '--port', '0'];
  await serving(args, { cwd: nothing }, async (url, stderr) => {
    assert.not.match(stderr, /Folder|Store/);
    assert.is((await fetch(`${url}/products`, { method: 'PUT' })).status, 404);
  });
  assert.equal(await readdir(nothing), []);
});

test('a folder that cannot be used is one sentence, before anything is read', async ({ cwd }) => {
  for (const [folder, why] of [
    ['orders.csv', 'the folder orders.csv cannot be made: it is not a directory'],
    ['orders.csv/data', 'the folder orders.csv/data cannot be made: part of its path is not a directory'],
  ]) {
    const ran = await endcap(['start', 'orders.csv', '--folder', folder], { cwd });
    assert.is(ran.code, 1, ran.stderr);
    assert.match(ran.stderr, `${why}. --folder names another folder; --folder none keeps nothing`);
    assert.not.match(ran.stderr, 'rows read');
  }
});

test('serve takes ENDCAP_HOST and ENDCAP_PORT from the environment, not HOST and PORT, and flags win', async ({
  cwd,
}) => {
  const env = { ENDCAP_PORT: '1', ENDCAP_HOST: 'localhost', PORT: 'http', HOST: '192.0.2.1' };
  const ran = await serving(['serve', 'kept.safetensors', '--port', '0'], { cwd, env }, async (url) => {
    assert.match(url, /^http:\/\/localhost:/);
    assert.is((await fetch(`${url}/health/ready`)).status, 200);
  });
  assert.is(ran.code, 0, ran.stderr);
  const shell = { ENDCAP_PORT: '0', PORT: 'http', HOST: '192.0.2.1' };
  await serving(['serve', 'kept.safetensors'], { cwd, env: shell }, async (url) => {
    assert.match(url, /^http:\/\/127\.0\.0\.1:/);
  });
});

test('start takes HOST and PORT unless there are ENDCAP_HOST and ENDCAP_PORT', async ({ cwd }) => {
  const args = ['start', 'orders.csv', ...quick];
  await serving(args, { cwd, env: { PORT: '0', HOST: 'localhost' } }, async (url) => {
    assert.match(url, /^http:\/\/localhost:/);
  });
  const both = { PORT: 'http', HOST: '192.0.2.1', ENDCAP_PORT: '0', ENDCAP_HOST: 'localhost' };
  await serving(args, { cwd, env: both }, async (url) => {
    assert.match(url, /^http:\/\/localhost:/);
  });
});

test('flags limit what is served', async ({ cwd }) => {
  const model = ['serve', 'kept.safetensors', '--port', '0'];
  for (const [flag, value] of [
    ['--max-concurrent-requests', '0'],
    ['--deadline-ms', '-1'],
    ['--max-connections', '1.5'],
  ]) {
    const ran = await endcap([...model, flag, value], { cwd });
    assert.is(ran.code, 2);
    assert.match(ran.stderr, `error: ${flag}: ${value} cannot be used`);
  }
  for (const [args, why] of [
    [
      [...model, '--data', 'kept.db', '--keep-days', '0'],
      /--keep-days: 0 cannot be used; expected a whole number from 1/,
    ],
    [[...model, '--keep-days', '30'], /--keep-days: 30 cannot be used; expected none where purchases are not kept/],
    [['start', 'orders.csv', '--folder', 'none', '--keep-days', '30'], /--keep-days: 30 cannot be used; expected none/],
  ] as const) {
    const ran = await endcap([...args], { cwd });
    assert.is(ran.code, 2);
    assert.match(ran.stderr, why);
  }
  await serving([...model, '--max-connections', '1'], { cwd }, async (url) => {
    const first = connect(Number(new URL(url).port), '127.0.0.1').resume();
    await once(first, 'connect');
    const closed = once(first, 'close');
    assert.is((await fetch(`${url}/health/live`)).status, 200);
    await closed;
  });
});

test('a port in use, an impossible port and a missing model are one sentence each', async ({ cwd }) => {
  const taken = createServer().listen(0, '127.0.0.1');
  const port = String(
    (await new Promise<AddressInfo>((resolve) => taken.on('listening', () => resolve(taken.address() as AddressInfo))))
      .port,
  );
  try {
    const ran = await endcap(['start', 'orders.csv', '--port', port], { cwd });
    assert.is(ran.code, 1);
    assert.match(ran.stderr, `cannot listen on 127.0.0.1 port ${port}: another program uses the port`);
    assert.not.match(ran.stderr, 'rows read');
  } finally {
    taken.close();
  }
  const bad = await endcap(['serve', 'absent.safetensors'], { cwd, env: { ENDCAP_PORT: 'http' } });
  assert.is(bad.code, 2);
  assert.match(bad.stderr, /ENDCAP_PORT.*must be a whole number from 0 to 65535/);
  const missing = await endcap(['serve', 'absent.safetensors', '--port', '0'], { cwd });
  assert.is(missing.code, 1);
  assert.is(missing.stderr.trimEnd().split('\n').length, 1);
  assert.match(missing.stderr, 'absent.safetensors does not exist');
});

test('Ctrl-C stops start while it trains', async ({ cwd }) => {
  let sent = false;
  const ran = await endcap(['start', 'orders.csv', '--iterations', '1000', '--factors', '512', '--port', '0'], {
    cwd,
    onStderr: (text, child) => {
      if (!sent && text.includes(' pairs, in ')) sent = child.kill('SIGINT');
    },
  });
  assert.is(ran.code, 130, ran.stderr);
});

test('serve --data keeps what is sold out and what was bought, also if it is killed', async ({ cwd }) => {
  await endcap(['train', 'orders.csv', '-o', 'shop.safetensors', ...quick], { cwd });
  const args = ['serve', 'shop.safetensors', '--data', 'shop.db', '--port', '0'];
  const list = (url: string) => listOf(url, 'a stranger');
  let gone = '';
  let kept: unknown;
  const killed = await serving(
    args,
    { cwd },
    async (url, stderr) => {
      assert.match(stderr, /Store: sqlite, 0 products in the catalogue/);
      const { recommendations, source } = await list(url);
      assert.is(source, 'popular');
      gone = recommendations[0].product;
      await send(url, 'PUT', '/products', { products: [{ product_id: gone, available: false }] });
      const line = { user_id: 'a stranger', order_id: 'w1', product_id: recommendations[1].product, quantity: 2 };
      await send(url, 'POST', '/purchases', { purchases: [line] });
      kept = await list(url);
      const time = Date.now() - 40 * 86_400_000;
      await send(url, 'POST', '/purchases', { purchases: [{ ...line, user_id: 'long ago', order_id: 'w0', time }] });
      assert.is((await send(url, 'GET', '/customers/long%20ago')).purchases.length, 1);
    },
    'SIGKILL',
  );
  assert.is(killed.code, null);
  const ran = await serving([...args, '--keep-days', '30'], { cwd }, async (url, stderr) => {
    assert.is((await fetch(`${url}/customers/long%20ago`)).status, 404);
    assert.match(stderr, /1 product in the catalogue, 1 of them not available/);
    const again = await list(url);
    assert.is(again.source, 'personal');
    assert.not.ok(again.recommendations.some(({ product }: { product: string }) => product === gone));
    assert.equal(again, kept);
    const second = await endcap(args, { cwd });
    assert.is(second.code, 1);
    assert.match(second.stderr, /shop\.db is used by another server/);
  });
  assert.is(ran.code, 0);
});

test('serve listens before the store is there, and says that it is not ready', async ({ cwd }) => {
  /** A database that takes connections and never answers, so that the store stays closed. */
  const silent = createTcpServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const free = createTcpServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const [{ port: database }, { port }] = [silent.address() as AddressInfo, free.address() as AddressInfo];
  free.close();
  const store = `postgres://127.0.0.1:${database}/shop`;
  const { child, ran } = start(['serve', 'kept.safetensors', '--data', store, '--port', `${port}`], { cwd });
  try {
    let ready: Response | undefined;
    while (!ready && child.exitCode === null) {
      ready = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
    }
    assert.is(ready?.status, 503);
    const { error } = (await ready!.json()) as { error: { code: string; details: object } };
    assert.equal([error.code, error.details], ['model_not_loaded', { model: false, store: false }]);
    assert.is((await fetch(`http://127.0.0.1:${port}/health/live`)).status, 200);
  } finally {
    child.kill('SIGKILL');
    silent.close();
    await ran;
  }
});

test('serve --workers answers on several threads', async ({ cwd }) => {
  const args = ['start', 'orders.csv', ...quick, '--folder', 'none', '--port', '0', '--workers', '2', '--log'];
  const ran = await serving(args, { cwd }, async (url, stderr) => {
    assert.match(stderr, 'Workers: 2, each with a kernel of one thread');
    const { workers } = await send(url, 'GET', '/admin/status');
    assert.equal(workers, { workers: 2, serving: 2, replaced: 0 });
    const { body } = curlIn(stderr);
    for (let i = 0; i < 4; i++) await send(url, 'POST', '/recommend', JSON.parse(body));
  });
  assert.is(ran.code, 0, ran.stderr);
  assert.match(ran.stderr, /Stopping\n$/);
  const lines = ran.stdout.toString().trim().split('\n');
  assert.is(lines.filter((line) => JSON.parse(line).route === '/recommend').length, 4);
});

test('serve --workers with a store: what was written is there after SIGTERM and a new start', async ({ cwd }) => {
  const args = [
    'serve',
    'kept.safetensors',
    '--data',
    'workers.db',
    '--port',
    '0',
    '--workers',
    '2',
    '--drain-ms',
    '0',
  ];
  const listed = async (url: string) => {
    const asked = { basket: [], num_recommendations: 5 };
    const answers = await Promise.all(Array.from({ length: 4 }, () => send(url, 'POST', '/recommend', asked)));
    return answers.map(({ recommendations }) => recommendations.map((each: { product: string }) => each.product));
  };
  let first = '';
  for (let start = 0; start < 2; start++) {
    const ran = await serving(args, { cwd }, async (url, stderr) => {
      assert.match(stderr, /^Store: sqlite, /m);
      assert.match(stderr, 'Workers: 2, each with a kernel of one thread');
      if (start === 0) {
        [[first]] = await listed(url);
        await send(url, 'PUT', '/products', { products: [{ product_id: first, available: false }] });
      }
      for (const products of await listed(url)) assert.not(products.includes(first));
      const { workers, catalogue } = await send(url, 'GET', '/admin/status');
      assert.equal(workers, { workers: 2, serving: 2, replaced: 0 });
      assert.is(catalogue.unavailable, 1);
    });
    assert.is(ran.code, 0, ran.stderr);
    assert.match(ran.stderr, /Stopping\n$/);
  }
});

test('a browser may call from the origins that serve --cors names', async ({ cwd }) => {
  const flags = ['--cors', 'https://a.example', '--cors', 'https://b.example'];
  await serving(['serve', 'kept.safetensors', '--port', '0', ...flags], { cwd }, async (url) => {
    const allowed = async (origin: string) =>
      (await fetch(`${url}/health/live`, { headers: { origin } })).headers.get('access-control-allow-origin');
    assert.is(await allowed('https://a.example'), 'https://a.example');
    assert.is(await allowed('https://b.example'), 'https://b.example');
    assert.is(await allowed('https://c.example'), null);
  });
});

test.run();
