import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeScore } from '../../src/cli/lists/formats.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { saveModel } from '../../src/model/file/file.ts';
import type { Model } from '../../src/model/model.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { endcap, json } from './run.ts';

const test = suite<{ cwd: string; model: Model }>('endcap recommend, similar, batch and info');

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-lists-'));
  const rows = [...sampleOrders({ lines: 2000 })].map((row) => ({ ...row }));
  // Awkward ids, as shops have them.
  const { customer_id, product_id } = rows.find((row) => Number(row.customer_id) > 0 && Number(row.quantity) > 0)!;
  for (const row of rows) {
    if (row.product_id === product_id) row.product_id = 'A "B", c';
    if (row.customer_id === customer_id) row.customer_id = '-17';
  }
  const others = rows.filter((row) => Number(row.customer_id) > 0 && row.product_id !== 'A "B", c');
  const [mail] = others;
  const long = others.find((row) => row.product_id !== mail.product_id)!.product_id;
  for (const row of rows) {
    if (row.customer_id === mail.customer_id) row.customer_id = 'Anna@Shop.example';
    if (row.product_id === long) row.product_id = longId;
  }
  context.model = await fit(await readOrders(rows), { factors: 16, iterations: 3, threads: 1 });
  await saveModel(context.model, join(context.cwd, 'm.safetensors'));
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

const longId = 'x'.repeat(10_000);

interface Listed {
  customer?: string;
  product?: string;
  source?: string;
  recommendations: { product: string; name?: string; score: number }[];
}

test('recommend prints a table with names, best first', async ({ cwd, model }) => {
  const ran = await endcap(['recommend', 'm.safetensors', '-n', '3', '--', '-17'], { cwd });
  assert.is(ran.code, 0, ran.stderr);
  assert.is(ran.stderr, '');
  const [heading, header, ...rows] = ran.stdout.toString().trimEnd().split('\n');
  assert.match(heading, /^For customer -17, who has bought \d+ products?:$/);
  assert.match(header, /^ +product +name +category +score$/);
  assert.is(rows.length, 3);
  assert.ok(model.productInfo.some(({ name }) => rows[0].includes(String(name))));
});

test('an id is found however it is written, and named as the model has it', async ({ cwd }) => {
  const { stdout } = await endcap(['recommend', 'm.safetensors', ' ANNA@shop.example'], { cwd });
  assert.match(stdout.toString(), /^For customer anna@shop\.example, who has bought \d+ products?:/);
  const basket = ['--basket', '"A ""B"", c"', '--', '-17.0'];
  const both = await endcap(['recommend', 'm.safetensors', ...basket], { cwd });
  assert.match(both.stdout.toString(), /^For this basket of customer -17, who has bought \d+ products?:/);
  const unknown = await endcap(['recommend', 'm.safetensors', 'nobody', '--deny', 'P9'], { cwd });
  assert.match(unknown.stdout.toString(), /^The model does not know customer nobody; this is what sells best/);
  assert.is(unknown.stderr, 'notice: the model does not know product P9\n');
  const similar = await endcap(['similar', 'm.safetensors', ' A "B", c\u200b'], { cwd });
  assert.match(similar.stdout.toString(), /^Similar to A "B", c, /);
});

test('a long id does not widen tables and messages', async ({ cwd }) => {
  const list = ['recommend', 'm.safetensors', '--allow', `${longId},A,${'y'.repeat(10_000)}`];
  const ran = await endcap([...list, '-n', '2', 'z'.repeat(10_000)], { cwd });
  for (const line of `${ran.stdout}${ran.stderr}`.split('\n')) assert.ok(line.length < 300, line);
  assert.match(ran.stdout.toString(), /1 {2}x{197}\.\.\. /);
  assert.match(ran.stderr, /products A,\s+y{100}\.\.\.\n$/);
  const similar = await endcap(['similar', 'm.safetensors', longId], { cwd });
  assert.match(similar.stdout.toString(), /^Similar to\s+x{100}\.\.\., /);
  const unknown = await endcap(['similar', 'm.safetensors', `${longId}y`], { cwd });
  assert.match(unknown.stderr, /^error: the model knows no product 'x{100}\.\.\.'\n$/);
  const { recommendations } = json<Listed>(await endcap([...list, '--json', '1'], { cwd }));
  assert.equal(
    recommendations.map(({ product }) => product),
    [longId],
  );
});

test('recommend takes the filters and a basket, and says where a list came from', async ({ cwd, model }) => {
  const ask = async (...args: string[]) => {
    const ran = await endcap(['recommend', 'm.safetensors', '--json', ...args], { cwd });
    assert.is(ran.code, 0, ran.stderr);
    return json<Listed>(ran);
  };
  const [customer] = model.customers;
  const bought = model.purchases.products.subarray(0, model.purchases.offsets[1]);
  const ids = Array.from(bought, (row) => model.products[row]);
  const [a, b, c] = model.products.slice(5);

  const personal = await ask(customer, '-n', '500', '--purchased', 'exclude', '--deny', a, '--deny', `${b},${c}`);
  assert.is(personal.customer, customer);
  assert.is(personal.source, 'personal');
  const refused = new Set([...ids, a, b, c]);
  assert.is(personal.recommendations.length, model.products.length - refused.size);
  assert.not.ok(personal.recommendations.some(({ product }) => refused.has(product)));

  const unknown = await ask('nobody', '--allow', `${a},${b}`);
  assert.is(unknown.source, 'popular');
  assert.equal(unknown.recommendations.map(({ product }) => product).sort(), [a, b].sort());

  const basket = await ask('--basket', `${a},${b}=3`, '-n', '500');
  assert.is(basket.source, 'basket');
  assert.is(basket.recommendations.length, model.products.length - 2);
});

test('recommend explains, diversifies, and reports a wrong option by its flag', async ({ cwd, model }) => {
  const [customer] = model.customers;
  const args = [
    'recommend',
    'm.safetensors',
    customer,
    '--explain',
    '--diversity',
    '0.3',
    '--per-category',
    '2',
    '--mix',
    '1',
  ];
  const ran = await endcap(args, { cwd });
  assert.is(ran.code, 0, ran.stderr);
  assert.match(ran.stdout.toString(), /score\n *1 .*\n {3,4}(You bought it|Because you bought|Popular)/);
  const { recommendations } = json<{ recommendations: { explanation: { parts: object; text: string } }[] }>(
    await endcap([...args, '--json'], { cwd }),
  );
  assert.equal(Object.keys(recommendations[0].explanation), ['parts', 'reasons', 'text']);
  const refused = await endcap([...args.slice(0, 3), '--per-category', '0'], { cwd });
  assert.match(refused.stderr, '--per-category: 0 cannot be used');
  const mixed = await endcap([...args.slice(0, 3), '--mix', '11'], { cwd });
  assert.match(mixed.stderr, '--mix: 11 cannot be used');
});

test('similar-customers lists other customers', async ({ cwd, model }) => {
  const args = ['similar-customers', 'm.safetensors', '-n', '3', '--json', '--', model.customers[5]];
  const { customers } = json<{ customers: { customer: string; score: number }[] }>(await endcap(args, { cwd }));
  assert.is(customers.length, 3);
  assert.not.ok(customers.some((one) => one.customer === model.customers[5]));
  const ran = await endcap(['similar-customers', 'm.safetensors', 'nobody'], { cwd });
  assert.match(ran.stderr, "error: the model knows no customer 'nobody'");
});

test('together lists what is bought together with a product', async ({ cwd, model }) => {
  const product = model.products[3];
  const other = {
    offsets: Uint32Array.from(model.products, (_, row) => (row > 3 ? 1 : 0)),
    products: Uint32Array.of(7),
  };
  const offsets = Uint32Array.from([...other.offsets, 1]);
  const boughtTogether = { ...other, offsets, lifts: Float32Array.of(2.5), orders: Uint32Array.of(12) };
  await saveModel({ ...model, boughtTogether }, join(cwd, 'together.safetensors'));
  const { recommendations } = json<Listed>(
    await endcap(['together', 'together.safetensors', product, '--json'], { cwd }),
  );
  const { name, category } = model.productInfo[7];
  assert.equal(recommendations, [{ product: model.products[7], lift: 2.5, orders: 12, name, category }]);
  const { stdout } = await endcap(['together', 'together.safetensors', product], { cwd });
  assert.match(stdout.toString(), /Bought together with .*\n +product .* orders +lift\n1 .* 12 +2\.50\n/s);
  const { boughtTogether: _, ...without } = model;
  await saveModel(without, join(cwd, 'without.safetensors'));
  const ran = await endcap(['together', 'without.safetensors', product, '--json'], { cwd });
  assert.is(ran.code, 1);
  assert.match(ran.stderr, /error: this model does not hold .* train again .*--together 20/);
  assert.is(JSON.parse(ran.stdout.toString()).error.code, 'no_bought_together');
});

test('similar lists other products; an unknown product is an error', async ({ cwd, model }) => {
  const product = model.products[3];
  const found = json<Listed>(await endcap(['similar', 'm.safetensors', product, '-n', '4', '--json'], { cwd }));
  assert.is(found.product, product);
  assert.is(found.recommendations.length, 4);
  assert.not.ok(found.recommendations.some((item) => item.product === product || item.score > 1.0001));
  const ran = await endcap(['similar', 'm.safetensors', 'nothing'], { cwd });
  assert.is(ran.code, 1);
  assert.match(ran.stderr, "error: the model knows no product 'nothing'");
});

interface Row {
  customer: string;
  rank: number;
  product: string;
  score: number;
}

test('batch writes the same lists as JSON lines, CSV and Parquet, for every customer in order', async ({
  cwd,
  model,
}) => {
  const batch = async (...args: string[]) => {
    const ran = await endcap(['batch', 'm.safetensors', '--purchased', 'only', '-n', '6', ...args], { cwd });
    assert.is(ran.code, 0, ran.stderr);
    return ran;
  };
  const lines = (await batch('--quiet')).stdout.toString();
  const report = json<Record<string, unknown>>(await batch('-o', 'out.parquet', '--json'));
  const csv = await batch('-o', 'out.csv');
  assert.match(csv.stderr, / customers\/s\n$/);

  const lists = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Listed);
  assert.equal(
    lists.map(({ customer }) => customer),
    [...model.customers],
  );
  const rows = lists.flatMap(({ customer, recommendations }) =>
    recommendations.map(
      ({ product, score }, i): Row => ({ customer: customer!, rank: i + 1, product, score: Math.fround(score) }),
    ),
  );
  assert.ok(rows.some(({ product }) => product === 'A "B", c'));
  const bought = model.customers.map((_, c) => model.purchases.offsets[c + 1] - model.purchases.offsets[c]);
  assert.equal(
    lists.map(({ recommendations }) => recommendations.length),
    bought.map((products) => Math.min(6, products)),
  );

  const parquet = await parquetReadObjects({ file: await asyncBufferFromFile(join(cwd, 'out.parquet')) });
  assert.equal(parquet, rows);
  const cells = (row: Row) => [row.customer, row.rank, row.product.includes('"') ? '"A ""B"", c"' : row.product].join();
  const [header, ...text] = (await readFile(join(cwd, 'out.csv'), 'utf8')).trimEnd().split('\n');
  assert.is(header, 'customer,rank,product,score');
  assert.equal(
    text.map((line) => [
      line.slice(0, line.lastIndexOf(',')),
      Math.fround(Number(line.slice(line.lastIndexOf(',') + 1))),
    ]),
    rows.map((row) => [cells(row), row.score]),
  );
  assert.equal(
    [report.format, report.customers, report.recommendations],
    ['parquet', model.customers.length, rows.length],
  );
  assert.is(report.bytes, (await readFile(join(cwd, 'out.parquet'))).length);
});

test('a written score reads back as the same float', () => {
  const bytes = new Uint8Array(40);
  const written = (score: number) => new TextDecoder().decode(bytes.subarray(0, writeScore(bytes, 0, score)));
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (score) => {
      assert.is(Math.fround(JSON.parse(written(score))) + 0, score + 0);
    }),
    { numRuns: 20_000 },
  );
  const cases: [number, string][] = [
    [0, '0'],
    [1, '1'],
    [-0.5, '-0.5'],
    [12.25, '12.25'],
    [100, '100'],
    [Math.fround(0.1), '0.100000001'],
  ];
  for (const [score, text] of cases) assert.is(written(score), text);
});

test('a batch that stops early leaves no file, and one whose reader stops early ends quietly', async ({
  cwd,
  model,
}) => {
  const many: Model = { ...model, customers: [], customerFactors: new Float32Array(0), returned: undefined };
  const customers = 20_000;
  const { offsets, ...pairs } = model.purchases;
  const padded = new Uint32Array(customers + 1).fill(offsets[offsets.length - 1]);
  padded.set(offsets);
  const orders = new Uint32Array(customers);
  orders.set(model.signals!.orders);
  const wide = {
    ...many,
    signals: { ...model.signals!, orders },
    customers: Array.from({ length: customers }, (_, i) => String(i).padStart(8, '0')),
    customerFactors: Float32Array.from({ length: customers * 16 }, (_, i) => model.customerFactors[i % 160]),
    purchases: { offsets: padded, ...pairs },
  };
  await saveModel(wide, join(cwd, 'wide.safetensors'));
  const before = await readdir(cwd);
  let sent = false;
  const stopped = await endcap(['batch', 'wide.safetensors', '-n', '100', '-o', 'out.jsonl'], {
    cwd,
    onStderr: (text, child) => {
      if (!sent && text.includes('Listing')) sent = child.kill('SIGTERM');
    },
  });
  assert.is(stopped.code, 143, stopped.stderr);
  assert.match(stopped.stderr, /stopped\n$/);
  assert.equal(await readdir(cwd), before);

  const cut = await endcap(['batch', 'wide.safetensors'], { cwd, onStderr: (_, child) => child.stdout?.destroy() });
  assert.is(cut.code, 0, cut.stderr);
  assert.not.match(cut.stderr, 'EPIPE');
});

test('info shows the kernel, those that could run, and what a model contains', async ({ cwd, model }) => {
  const info = json<{
    kernel: object;
    kernels: { backend: string; isa: string; runs: boolean; reason?: string }[];
    model: { version: string };
  }>(await endcap(['info', 'm.safetensors', '--json', '--backend', 'wasm'], { cwd }));
  assert.is((info.kernel as { backend: string }).backend, 'wasm');
  assert.is(info.model.version, model.metadata.version);
  assert.ok(info.kernels.some(({ backend, runs }) => backend === 'wasm' && runs));
  assert.ok(info.kernels.every(({ runs, reason }) => runs || reason));
  const text = (await endcap(['info', 'm.safetensors'], { cwd })).stdout.toString();
  assert.match(text, /^shop +[.\d]+% of what returning customers order they have bought before$/m);
  assert.match(text, /^kernel +(native|wasm) \w+, 1 thread$/m);
  assert.match(text, /^columns +customer=customer_id, /m);
  assert.match(text, / rows read, /);
  assert.not.match(text, /^gate/m);
  const reason = 'its lists find as much';
  const found = { newOrders: { orders: 0, customers: 0 }, results: [], damages: [], served: 'before' } as const;
  const gate = { ...found, reason, outcome: 'tie', passed: true } as const;
  await saveModel({ ...model, metadata: { ...model.metadata, gate } }, join(cwd, 'gated.safetensors'));
  const gated = (await endcap(['info', 'gated.safetensors'], { cwd })).stdout.toString();
  assert.match(gated, /^gate +its lists find as much$/m);
});

test('a bad model file or wrong usage is explained, with exit code 1 or 2', async ({ cwd }) => {
  await writeFile(join(cwd, 'cut.safetensors'), await readFile(join(cwd, 'm.safetensors')));
  await truncate(join(cwd, 'cut.safetensors'), 900);
  const cases: [args: string[], code: number, words: RegExp][] = [
    [['recommend', 'absent.safetensors', '1'], 1, /does not exist; check the path, or train a model first/],
    [['info', 'cut.safetensors'], 1, /is truncated/],
    [['recommend', 'm.safetensors'], 2, /name a customer, or a basket/],
    [['recommend', 'm.safetensors', '1', '-n', '0'], 2, /--number: 0 cannot be used/],
    [['batch', 'm.safetensors', '--json'], 2, /--json needs -o/],
    [['batch', 'm.safetensors', '-o', 'm.safetensors'], 2, /would overwrite an input/],
    [['recomend'], 2, /Did you mean recommend/],
    [[], 2, /Usage: endcap/],
  ];
  await Promise.all(
    [0, 1].map(async (half) => {
      for (const [args, code, words] of cases.filter((_, i) => i % 2 === half)) {
        const ran = await endcap(args, { cwd });
        assert.is(ran.code, code, ran.stderr);
        assert.match(ran.stderr, words);
        assert.not.match(ran.stderr, /\n +at /);
      }
    }),
  );
});

test.run();
