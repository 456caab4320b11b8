import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { numbers } from '../kernel/backends.ts';
import { endcap, json, writeSample } from './run.ts';

const test = suite<{ cwd: string }>('endcap import');

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-import-'));
  const orders = join(context.cwd, 'orders.csv');
  await writeSample(orders, 1500);
  const { customers, products } = await readOrders(orders);
  const next = numbers(3);
  for (const [name, ids] of Object.entries({ customers, products })) {
    const rows = ids.map((id) => `${id},${next()},${next()},${next()}`);
    await writeFile(join(context.cwd, `${name}.csv`), ['id,a,b,c', ...rows].join('\n'));
  }
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

const factors = ['--from', 'csv', '--customers', 'customers.csv', '--products', 'products.csv'];

test('a model of factors and orders says where it comes from', async ({ cwd }) => {
  const ran = await endcap(['import', ...factors, '--orders', 'orders.csv', '-o', 'm.safetensors'], { cwd });
  assert.is(ran.code, 0, ran.stderr);
  assert.match(ran.stdout.toString(), /^model .*m\.safetensors/m);
  assert.match(ran.stdout.toString(), /^imported .*from CSV: factors of/m);
  assert.match(ran.stderr, /Note: Folding in what .* gives other factors/);
  const info = (await endcap(['info', 'm.safetensors'], { cwd })).stdout.toString();
  assert.match(info, /^imported .*from CSV/m);
  assert.match(info, /^made .* by endcap/m);
  assert.not.match(info, /^losses/m);
  const { model } = json<{ model: { imported: { from: string }; foldIn: { convention: object } } }>(
    await endcap(['info', 'm.safetensors', '--json'], { cwd }),
  );
  assert.is(model.imported.from, 'csv');
  assert.equal(model.foldIn.convention, { weight: 'rating', right: 'weight + 1', penalty: 'purchases' });
  const [, customer] = (await readFile(join(cwd, 'customers.csv'), 'utf8')).split(/[\n,]/).slice(3);
  const lists = await endcap(['recommend', 'm.safetensors', customer, '--json'], { cwd });
  assert.is(lists.code, 0, lists.stderr);
});

test('--json says the same, without orders too', async ({ cwd }) => {
  const args = ['import', ...factors, '--alpha', '4', '--regularization', '0.2', '-q', '--json', '-o', 'm.safetensors'];
  const said = json<{
    imported: object;
    options: Record<string, unknown>;
    notes: { code: string }[];
    ranking?: object;
  }>(await endcap(args, { cwd }));
  assert.equal([said.options.alpha, said.options.regularization, said.ranking], [4, 0.2, undefined]);
  assert.equal(
    said.notes.map(({ code }) => code),
    ['no-orders', 'non-negative'],
  );
  assert.not.ok('cold' in said.imported);
});

test('what is wrong is said with the flag, or the file and the row, and nothing is written', async ({ cwd }) => {
  await writeFile(join(cwd, 'bad.csv'), 'id,a,b,c\nx,1,2,three');
  for (const [args, code, says] of [
    [[...factors, '--alpha', '-1'], 2, /--alpha: -1 cannot be used/],
    [
      ['--from', 'csv', '--customers', 'bad.csv', '--products', 'products.csv'],
      1,
      /bad\.csv, row 2: has the factor 'three'/,
    ],
    [['--from', 'csv', '--customers', 'customers.csv'], 2, /--products: it is missing; expected the path/],
    [['--customers', 'customers.csv'], 2, /required option '--from <system>' not specified/],
    [[...factors, '-o', 'customers.csv'], 2, /would overwrite an input/],
  ] as const) {
    const ran = await endcap(['import', '-o', 'none.safetensors', ...args], { cwd });
    assert.is(ran.code, code, ran.stderr);
    assert.match(ran.stderr, says);
  }
  assert.is((await endcap(['info', 'none.safetensors'], { cwd })).code, 1);
});

test.run();
