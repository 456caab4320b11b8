import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Evaluation } from '../../src/evaluation/types.ts';
import { endcap, json, picked, writeSample } from './run.ts';

const test = suite<{ cwd: string }>('endcap evaluate');

const small = ['--factors', '8', '--iterations', '2'];
const quick = [...small, ...picked];

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-evaluate-'));
  await writeSample(join(context.cwd, 'orders.csv'), 3000);
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

test('prints tables of 80 columns and conclusions, and writes them as a page with --report', async ({ cwd }) => {
  const ran = await endcap(['evaluate', 'orders.csv', ...small, '--report', 'r.html'], { cwd });
  assert.is(ran.code, 0, ran.stderr);
  const text = ran.stdout.toString();
  assert.match(text, /^held out +The last order of each/);
  assert.match(text, /What customers buy next, lists of 10: [\d,]+ customers/);
  assert.match(text, /\n +recall +NDCG +hit +prec +MRR +MAP\nals +\.\d{4} ± \.\d{4}/);
  assert.match(text, /\ngp-top .*(beaten|tie|ahead)\n/);
  assert.match(text, /recall@10 by orders before\norders +1/);
  assert.match(text, /a list of 10 products by als contains [\d.]+% of what/);
  assert.not.match(text, /NaN|undefined|null/);
  const tables = text
    .split('\n')
    .filter((line) => /^(als|popular|popular-60d|p-top|gp-top|item-knn) +[.\d]/.test(line));
  assert.ok(tables.length > 20 && tables.every((line) => line.length <= 80));
  assert.match(ran.stderr, 'epoch 2 of 2');
  assert.match(ran.stderr, /Report: r\.html, [\d.]+ kB\n$/);
  const page = await readFile(join(cwd, 'r.html'), 'utf8');
  assert.match(page, /^<!doctype html>/);
  assert.match(page, /<dt>Options picked<\/dt><dd>regularization /);
});

test('--report never overwrites the orders, and is checked before they are read', async ({ cwd }) => {
  for (const [path, words] of [
    ['orders.csv', /--report orders\.csv would overwrite an input/],
    ['none/r.html', /directory does not exist/],
  ] as const) {
    const refused = await endcap(['evaluate', 'orders.csv', '--report', path], { cwd });
    assert.ok(refused.code === 1 || refused.code === 2);
    assert.match(refused.stderr, words);
    assert.not.match(refused.stderr, /Reading|read,/);
  }
});

test('--json prints the evaluation, with the lengths and the protocol of the options', async ({ cwd }) => {
  const args = ['evaluate', 'orders.csv', ...quick, '--json', '--quiet', '--no-baselines'];
  const ran = await endcap([...args, '--k', '3,7', '--last-days', '30'], { cwd });
  assert.is(ran.code, 0, ran.stderr);
  assert.is(ran.stderr, '');
  const { ks, contestants, protocol, training } = json<Evaluation>(ran);
  assert.equal(ks, [3, 7]);
  assert.equal(
    contestants.map(({ name }) => name),
    ['als'],
  );
  assert.is(protocol.name, 'time');
  assert.equal([training?.options.factors, training?.losses.length], [8, 2]);
});

test('--protocol time prints a column for each window', async ({ cwd }) => {
  const args = ['evaluate', 'orders.csv', ...quick, '--protocol', 'time', '--windows', '2', '--last-days', '20'];
  const ran = await endcap([...args, '--report', 'windows.html'], { cwd });
  assert.is(ran.code, 0, ran.stderr);
  const text = ran.stdout.toString();
  assert.match(text, /^held out +What [\d,]+ customers bought in each of 2 windows of 20 days from 20/);
  assert.match(
    text,
    /recall@10 by window\nfrom +20\d\d-\d\d-\d\d +20\d\d-\d\d-\d\d\ncustomers +[\d,]+ +[\d,]+\nals +\.\d{4} +\.\d{4}\n/,
  );
  assert.match(await readFile(join(cwd, 'windows.html'), 'utf8'), /<h2>Recall by window<\/h2>/);
});

test('--test predicts the orders of a second file', async ({ cwd }) => {
  const header = 'customer,product,quantity,order\n';
  await writeFile(join(cwd, 'train.csv'), `${header}a,X,1,1\na,Y,1,1\nb,X,1,2\nb,Z,1,2\n`);
  await writeFile(join(cwd, 'test.csv'), `${header}a,Z,1,3\nc,X,1,4\n`);
  const ran = await endcap(['evaluate', 'train.csv', '--test', 'test.csv', ...quick, '--json'], { cwd });
  assert.is(ran.code, 0, ran.stderr);
  const { protocol, account } = json<Evaluation>(ran);
  assert.equal([protocol.name, account.measured], ['given', 1]);
  assert.equal(account.unmeasured, [
    { customers: 1, reason: 'have no test orders' },
    { customers: 1, reason: 'are not in the training orders' },
  ]);
});

test('what cannot be measured is an error of one line that says what would help', async ({ cwd }) => {
  await writeFile(join(cwd, 'once.csv'), 'customer,product,quantity,order\na,X,1,1\nb,X,1,2\n');
  const cases: [args: string[], code: number, error: string, words: RegExp][] = [
    [['once.csv'], 1, 'nothing_to_measure', /no customer has two orders.*--test/],
    [['once.csv', '--last-days', '9'], 1, 'nothing_to_measure', /no times.*--columns time=/],
    [['orders.csv', '--from', '2100-01-01'], 1, 'nothing_to_measure', /no order from 2100-01-01 on/],
    [['orders.csv', '--from', 'May'], 2, 'usage', /2011-10-10/],
    [['orders.csv', '--from', '2011-10-10', '--last-days', '9'], 2, 'usage', /cannot be used with/],
    [['orders.csv', '--last-days', '-9'], 2, 'invalid_options', /lastDays: -9/],
    [['orders.csv', '--protocol', 'rolling'], 2, 'usage', /Allowed choices are next-order, time/],
    [['once.csv', '--protocol', 'time'], 1, 'nothing_to_measure', /no times.*--columns time=/],
    [['orders.csv', '--protocol', 'next-order', '--last-days', '9'], 2, 'invalid_options', /lastDays: 9/],
    [['orders.csv', '--k', '0'], 2, 'invalid_options', /ks: 0/],
    [['orders.csv', '--k', 'ten'], 2, 'usage', /must be a number/],
    [['orders.csv', '--factors', '0'], 2, 'invalid_options', /factors: 0/],
    [['absent.csv'], 1, 'orders_unreadable', /does not exist/],
  ];
  for (const [args, code, error, words] of cases) {
    const ran = await endcap(['evaluate', ...args, '--json', '--quiet'], { cwd });
    const failure = json<{ error: { code: string; message: string } }>(ran).error;
    assert.is(ran.code, code, ran.stderr);
    assert.is(failure.code, error, failure.message);
    assert.match(failure.message, words);
    assert.not.match(ran.stderr, /\n +at /);
  }
});

test('Ctrl-C stops it while it trains', async ({ cwd }) => {
  let sent = false;
  const ran = await endcap(['evaluate', 'orders.csv', '--iterations', '1000', '--factors', '512'], {
    cwd,
    onStderr: (text, child) => {
      if (!sent && text.includes(' pairs, in ')) sent = child.kill('SIGINT');
    },
  });
  assert.is(ran.code, 130, ran.stderr);
  assert.match(ran.stderr, /stopped\n$/);
});

test.run();
