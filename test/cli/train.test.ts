import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadModel } from '../../src/model/file/file.ts';
import type { Account } from '../../src/orders/cleaning/account.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { endcap, json, picked, writeSample } from './run.ts';

const test = suite<{ cwd: string }>('endcap sample and train');

interface Report {
  losses: number[];
  account: Account;
  customers: number;
  products: number;
  pairs: number;
  sizes: { modelBytes: number };
  times: object;
  kernel: object;
  measured?: object;
  version: string;
}

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-train-'));
  await writeSample(join(context.cwd, 'orders.csv'), 2000);
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

test('sample writes the same orders to stdout and to a file', async ({ cwd }) => {
  const args = ['sample', '--lines', '300', '--seed', '5'];
  const [toStdout, toFile] = await Promise.all([endcap(args, { cwd }), endcap([...args, '-o', 's.csv'], { cwd })]);
  assert.is(toStdout.code, 0);
  assert.is(toStdout.stderr, '');
  assert.is(toFile.code, 0);
  assert.is(toFile.stdout.length, 0);
  assert.match(toFile.stderr, 'Next: endcap train s.csv');
  const text = toStdout.stdout.toString();
  assert.is(await readFile(join(cwd, 's.csv'), 'utf8'), text);
  assert.is(text.trimEnd().split('\n').length, 1 + [...sampleOrders({ lines: 300, seed: 5 })].length);
});

test('train --fast skips the search and says so', async ({ cwd }) => {
  const ran = await endcap(['train', 'orders.csv', '-o', 'fast.m', '--fast', '--factors', '8', '--iterations', '2'], {
    cwd,
  });
  assert.is(ran.code, 0, ran.stderr);
  assert.match(ran.stdout.toString(), /^picked +nothing: the search for options was skipped$/m);
  assert.not.match(ran.stderr, /Picking options/);
  const wrong = await endcap(['train', 'orders.csv', '--budget', '-1'], { cwd });
  assert.is(wrong.code, 2);
  assert.match(wrong.stderr, 'budget');
});

test('train --json prints one object to stdout, and progress and the account of rows to stderr', async ({ cwd }) => {
  const ran = await endcap(
    ['train', 'orders.csv', '-o', 'm.safetensors', '--json', '--factors', '8', '--iterations', '4'],
    { cwd },
  );
  assert.is(ran.code, 0, ran.stderr);
  const report = json<Report>(ran);
  const model = await loadModel(join(cwd, 'm.safetensors'));
  const { metadata } = model;
  assert.equal(Object.keys(report), [
    'algorithm',
    'losses',
    'account',
    'customers',
    'products',
    'pairs',
    'factors',
    'sizes',
    'times',
    'kernel',
    'options',
    'choice',
    'measured',
    'repeatTrees',
    'notes',
    'fingerprint',
    'version',
    'endcap',
    'model',
  ]);
  assert.equal(report.losses, metadata.losses);
  assert.is(report.losses.length, 4);
  assert.equal(report.account, metadata.account);
  const dropped = Object.values(report.account.dropped).reduce((sum, rows) => sum + rows, 0);
  assert.is(report.account.read, report.account.kept + dropped);
  assert.equal([report.customers, report.products], [model.customers.length, model.products.length]);
  assert.is(report.pairs, model.purchases.products.length);
  assert.is(report.sizes.modelBytes, (await readFile(join(cwd, 'm.safetensors'))).length);
  assert.equal(Object.keys(report.times), ['readMs', 'trainMs', 'saveMs']);
  assert.equal(report.measured, metadata.measured);
  assert.equal(report.kernel, metadata.kernel);
  assert.is(report.version, metadata.version);
  assert.match(ran.stderr, '2,000 rows read');
  assert.match(ran.stderr, 'epoch 4 of 4');
  assert.match(ran.stderr, /Next: endcap recommend m.safetensors \d+/);
});

test('without --json train prints a summary, and with --quiet nothing else', async ({ cwd }) => {
  const args = ['train', 'orders.csv', '--factors', '8', '--iterations', '1', '--quiet'];
  const ran = await endcap(args, { cwd });
  assert.is(ran.code, 0);
  assert.is(ran.stderr, '');
  assert.match(ran.stdout.toString(), /^model +model\.safetensors, .*\nalgorithm +als, 8 factors, 1 epoch, loss /);
  assert.match(
    ran.stdout.toString().replace(/\n +/g, ' '),
    /^picked +regularization \d+, unobserved weight [.\d]+ and taste decay [.\d]+, (the best of 11|since none of 10 others) tried on the/m,
  );
  assert.ok((await readdir(cwd)).includes('model.safetensors'));
});

test('every training option reaches the model, and the help names the defaults that are used', async ({ cwd }) => {
  const given = {
    als: {
      factors: 7,
      iterations: 2,
      regularization: 3,
      unobservedWeight: 0.2,
      confidence: 'log-quantity',
      alpha: 2,
      seed: 9,
      decay: 0.8,
      tasteDecay: 0.6,
      windowDays: 30,
      blend: 'taste=1,habit=2,trend=0.5,bought=0.1,repeat=0.2,neighbours=0',
      easeRegularization: 300,
      together: 5,
    },
    quantity: { factors: 6, iterations: 2, learningRate: 0.02, batchSize: 100, seed: 8 },
  };
  // Nobody needs these on the command line.
  const libraryOnly = { frequencyExponent: 1, solver: 'auto', cgSteps: 3 };
  const flag = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const help = (await endcap(['train', '--help'], { cwd })).stdout.toString().replace(/\s+/g, ' ');
  for (const [algorithm, options] of Object.entries(given)) {
    const flags = Object.entries(options).flatMap(([name, value]) => [flag(name), String(value)]);
    const train = (...more: string[]) =>
      endcap(['train', 'orders.csv', '--json', '--algorithm', algorithm, '-o', `${algorithm}.m`, ...more], { cwd });
    const defaults = algorithm === 'als' ? picked : [];
    const [set, standard] = [await train(...flags), await train(...defaults)].map(
      (ran) => json<{ options: object }>(ran).options,
    );
    assert.equal(set, { algorithm, ...options, ...(algorithm === 'als' && libraryOnly) });
    for (const [name, value] of Object.entries(standard)) {
      if (name in libraryOnly) {
        assert.not.match(help, flag(name));
        continue;
      }
      const [, extras] = new RegExp(`${flag(name)} <\\w+> [^()]*\\(([^()]*)\\)`).exec(help) ?? [];
      if (extras?.includes('picked')) continue;
      const words = extras?.replace('default: ', '').split(/[;,:]? /) ?? [];
      assert.ok(words.includes(String(value)), `${flag(name)} is ${value}, but the help says (${extras})`);
    }
  }
});

test('columns, delimiter and date order can be named', async ({ cwd }) => {
  const rows = ['who;what;many;when', 'a;X;2;3/4/2025', 'a;Y;1;5/4/2025', 'b;X;3;4/4/2025', ''].join('\n');
  const args = ['--columns', 'customer=who,product=what,quantity=many,time=when', '--delimiter', ';'];
  await writeFile(join(cwd, 'named.csv'), rows);
  const ran = await endcap(['train', 'named.csv', '--json', '-o', 'named.m', '--date-order', 'dmy', ...args], { cwd });
  assert.is(ran.code, 0, ran.stderr);
  const { account, customers } = json<Report>(ran);
  assert.is(customers, 2);
  assert.is(account.lastPurchase, Date.UTC(2025, 3, 5));
});

test('a loss can be accepted, and lists are made of the products and customers that are wanted', async ({ cwd }) => {
  const rows = Array.from({ length: 40 }, (_, i) => `c${i % 4},${i % 3 === 0 ? 'SHIPPING' : `P${i % 5}`},1,o${i}`);
  await writeFile(
    join(cwd, 'few.csv'),
    `customer,product,quantity,order\n${rows.join('\n')}\n${',P1,1,o\n'.repeat(50)}`,
  );
  await writeFile(join(cwd, 'out.txt'), 'c1\nc2\n');
  const ran = await endcap(
    [
      'train',
      'few.csv',
      '--accept-loss',
      '--customers-out',
      '@out.txt',
      '--products-out',
      'P1,P2*',
      '-o',
      'few.safetensors',
      '--json',
      '--quiet',
      '--factors',
      '4',
    ],
    { cwd },
  );
  assert.is(ran.code, 0, ran.stderr);
  assert.is(json<Report>(ran).account.dropped['left-out customer'], 20);
  const lists = await endcap(['recommend', 'few.safetensors', 'c0', '--json'], { cwd });
  const listed = json<{ recommendations: { product: string }[] }>(lists).recommendations.map((item) => item.product);
  assert.equal(listed.sort(), ['P0', 'P3', 'P4']);
});

test('orders are added up as they are read, if no history is wanted', async ({ cwd }) => {
  const rows = Array.from({ length: 40 }, (_, i) => `c${i % 20},P${i % 5},1,o${i}`);
  await writeFile(join(cwd, 'sums.csv'), `customer,product,quantity,order\n${rows.join('\n')}\n`);
  const ran = await endcap(
    ['train', 'sums.csv', '--no-history', '-o', 'sums.safetensors', '--json', '--quiet', '--factors', '4'],
    { cwd },
  );
  assert.is(ran.code, 0, ran.stderr);
  const { customers, pairs, notes } = json<{ customers: number; pairs: number; notes: { code: string }[] }>(ran);
  assert.equal([customers, pairs], [20, 20]);
  assert.ok(notes.some(({ code }) => code === 'no-history'));
  const refused = await endcap(['evaluate', 'sums.csv', '--no-history', '--quiet'], { cwd });
  assert.is(refused.code, 2, refused.stderr);
  assert.match(refused.stderr, /--no-history/);
});

test('a fault of the orders, the options or the output is one line, and no file is left', async ({ cwd }) => {
  await Promise.all([
    writeFile(join(cwd, 'odd.csv'), 'alpha,beta,gamma\n1,2,3\n'),
    writeFile(join(cwd, 'empty.csv'), ''),
    writeFile(join(cwd, 'lossy.csv'), `customer,product,quantity\na,x,1\n${',x,1\n'.repeat(3)}`),
  ]);
  const before = await readdir(cwd);
  const cases: [args: string[], code: number, error: string, words: RegExp][] = [
    [['absent.csv'], 1, 'orders_unreadable', /absent\.csv does not exist/],
    [['empty.csv'], 1, 'no_orders', /is empty/],
    [['lossy.csv'], 1, 'orders_lost', /only 1 of 4 rows .*--accept-loss/s],
    [['odd.csv'], 1, 'columns_unrecognized', /alpha, beta, gamma.*--columns customer=/s],
    [['orders.csv', '--columns', 'buyer=x'], 2, 'usage', /the roles are customer, product/],
    [['orders.csv', '-o', 'none/m'], 1, 'write_failed', /directory does not exist/],
    [['orders.csv', '-o', './orders.csv'], 2, 'invalid_options', /would overwrite an input/],
    [['ord*.csv', '-o', './orders.csv'], 2, 'invalid_options', /would overwrite an input/],
    [['.', '-o', './orders.csv'], 2, 'invalid_options', /would overwrite an input/],
    [['empty.csv', '--join', 'orders.csv', '-o', './orders.csv'], 2, 'invalid_options', /would overwrite an input/],
    [['none*.csv'], 1, 'orders_unreadable', /none\*\.csv matches no file/],
    [['orders.csv', 'absent.csv'], 1, 'orders_unreadable', /absent\.csv does not exist/],
    [['orders.csv', '--factors', '0'], 2, 'invalid_options', /factors: 0 cannot be used.*from 1/],
    [['orders.csv', '--factors', 'many'], 2, 'usage', /must be a number/],
    [['orders.csv', '--trees', 'maybe'], 2, 'usage', /must be on or off/],
    [['orders.csv', '--solver', 'cg'], 2, 'usage', /unknown option '--solver'/],
    [['orders.csv', '--batch-size', '9'], 2, 'usage', /belongs to --algorithm quantity/],
    [['orders.csv', '--isa', 'mmx'], 2, 'invalid_options', /isa is 'mmx'/],
    [['orders.csv', '--facors', '9'], 2, 'usage', /Did you mean --factors/],
    [[], 2, 'usage', /missing required argument 'orders'/],
  ];
  const check = async ([args, code, error, words]: (typeof cases)[number]) => {
    const output = args.includes('-o') ? [] : ['-o', 'bad.safetensors'];
    const ran = await endcap(['train', ...args, ...output, '--json', '--quiet'], { cwd });
    const failure = json<{ error: { code: string; message: string } }>(ran).error;
    assert.is(ran.code, code, ran.stderr);
    assert.is(failure.code, error);
    assert.match(failure.message, words);
    assert.match(ran.stderr, /^error: /);
    assert.not.match(ran.stderr, /\n +at /);
    if (code === 2) assert.match(ran.stderr, /\nTry: endcap train --help\n$/);
  };
  await Promise.all(
    [0, 1].map(async (half) => {
      for (const one of cases.filter((_, i) => i % 2 === half)) await check(one);
    }),
  );
  assert.equal(await readdir(cwd), before);
});

test('Ctrl-C stops training at once, exits with 130 and leaves no file', async ({ cwd }) => {
  const before = await readdir(cwd);
  const args = ['train', 'orders.csv', '-o', 'stopped.safetensors', '--iterations', '1000', '--factors', '512'];
  let sent = false;
  const ran = await endcap(args, {
    cwd,
    onStderr: (text, child) => {
      if (!sent && text.includes(' pairs, in ')) sent = child.kill('SIGINT');
    },
  });
  assert.is(ran.code, 130, ran.stderr);
  assert.match(ran.stderr, /stopped\n$/);
  assert.equal(await readdir(cwd), before);
});

test.run();
