/** A day in the life of a shop, through the real command and its port. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleCsv } from '../../src/sample/sample.ts';
import { afterThisTest } from '../support/after-this-test.ts';
import { endcap } from './run.ts';
import { quick, send, serving } from './serving.ts';

const test = suite<{ cwd: string; other: string }>('a day in the life of a shop');

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-day-'));
  await mkdir(join(context.cwd, 'data'));
  const csv = [...sampleCsv({ lines: 1500 })].join('');
  // Ids that nothing else looks like.
  const orders = csv.replace(/^(\d+),(\d+),/gm, '$1,shopper-$2@example.com,');
  await writeFile(join(context.cwd, 'export.csv'), orders);
  [context.other] = orders.match(/shopper-\d+@example\.com/)!;
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

/** The files of the folder that hold the bytes of an id. */
async function filesWith(cwd: string, id: string): Promise<string[]> {
  const names = await readdir(join(cwd, 'data'));
  const bytes = await Promise.all(names.map((name) => readFile(join(cwd, 'data', name))));
  return names.filter((_, i) => bytes[i].includes(id));
}

test('sold out, bought, killed, started again, and erased', async ({ cwd, other }) => {
  const { stdout } = await endcap(['key', 'create', '--scope', 'admin', '--file', 'data/keys.json'], { cwd });
  const key = stdout.toString().trim();
  const args = ['start', '--folder', 'data', '--keys', 'data/keys.json', '--port', '0'];
  const known = 'shopper-10073@example.com';
  const fresh = 'ann@example.com';
  let url = '';
  const ask = (method: string, path: string, body?: object) => send(url, method, path, body, key);
  /** Without the id, which each list has for itself. */
  const list = async (customer: string) => {
    const asked = { user_id: customer, num_recommendations: 10 };
    const { recommendation_id: _, ...rest } = await ask('POST', '/recommend', asked);
    return rest;
  };
  const productsOf = async (customer: string) =>
    (await list(customer)).recommendations.map(({ product }: { product: string }) => product);
  const lists = async () => [await list(known), await list(fresh)];
  let kept: unknown;
  let soldOut = '';

  const killed = await serving(
    [...args, 'export.csv', ...quick],
    { cwd },
    async (at) => {
      url = at;
      assert.is((await fetch(`${url}/products`, { method: 'PUT' })).status, 401);
      const products = await productsOf(fresh);
      soldOut = products[0];
      await ask('PUT', '/products', { products: [{ product_id: soldOut, available: false }] });
      assert.equal((await productsOf(fresh)).slice(0, 9), products.slice(1));

      assert.is((await list(fresh)).source, 'popular');
      const time = afterThisTest();
      const line = { order_id: 'w1', product_id: products[3], quantity: 2, time };
      await ask('POST', '/purchases', { purchases: [{ ...line, user_id: fresh }] });
      await ask('POST', '/purchases', { purchases: [{ ...line, user_id: known, order_id: 'w2' }] });
      const [, { source, recommendations }] = await lists();
      assert.is(source, 'personal');
      assert.is.not(recommendations[0].product, products[1]);
      kept = await lists();
    },
    'SIGKILL',
  );
  assert.is(killed.code, null);

  await serving(args, { cwd }, async (at, stderr) => {
    url = at;
    assert.match(stderr, 'Serving the model that is kept there');
    assert.equal(await lists(), kept);
    for (const customer of [known, fresh]) {
      assert.ok((await filesWith(cwd, customer)).length > 0);
      const answer = await ask('DELETE', `/customers/${customer}`);
      assert.equal(answer, { user_id: customer, purchases: 1, in_model: false });
      assert.equal(await filesWith(cwd, customer), []);
      const { source, recommendations } = await list(customer);
      assert.is(source, 'popular');
      assert.not.ok(recommendations.some(({ product }: { product: string }) => product === soldOut));
    }
    const { customers } = await ask('GET', '/admin/status');
    assert.equal([customers.erased, customers.in_model_file], [2, 0]);
  });
  for (const customer of [known, fresh]) assert.equal(await filesWith(cwd, customer), []);

  await serving([...args, 'export.csv', ...quick], { cwd }, async (at, stderr) => {
    url = at;
    assert.match(stderr, 'Left out 1 erased customer, whom export.csv still has');
    assert.is((await list(known)).source, 'popular');
    assert.not.ok((await productsOf(other)).includes(soldOut));
  });
  for (const customer of [known, fresh]) assert.equal(await filesWith(cwd, customer), []);
  // The store remembers what was shown to whom.
  assert.equal(await filesWith(cwd, other), ['model.safetensors', 'shop.db']);
});

test.run();
