import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Tuned } from '../../src/tuning/search/tuned.ts';
import { endcap, json, writeSample } from './run.ts';

const test = suite<{ cwd: string }>('endcap tune');

const small = ['--factors', '8'];

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-tune-'));
  await writeSample(join(context.cwd, 'orders.csv'), 6000);
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

const tunedIn = async (cwd: string, name: string): Promise<Tuned> =>
  JSON.parse(await readFile(join(cwd, name), 'utf8'));

test('Ctrl-C keeps the best options, a second run continues from there, and train reads them', async ({ cwd }) => {
  let sent = false;
  const stopped = await endcap(['tune', 'orders.csv', ...small], {
    cwd,
    onStderr: (text, child) => {
      if (!sent && text.includes('12 trials')) sent = child.kill('SIGINT');
    },
  });
  assert.is(stopped.code, 130, stopped.stderr);
  assert.match(stopped.stderr, /stopped\n$/);
  assert.match(stopped.stdout.toString(), /^options +factors 8, .*\ntried +\d+ trials in .*\n$/s);
  const first = await tunedIn(cwd, 'tuned.json');
  assert.ok(first.trials.length >= 12);
  assert.equal(first.given, { factors: 8 });

  const ran = await endcap(['tune', 'orders.csv', ...small, '--minutes', '0.01', '--json'], { cwd });
  assert.is(ran.code, 0, ran.stderr);
  assert.match(ran.stderr, `Continuing after ${first.trials.length} trials of tuned.json`);
  assert.match(ran.stderr, 'Next: endcap train orders.csv --options tuned.json');
  const second = await tunedIn(cwd, 'tuned.json');
  assert.equal(second.trials.slice(0, first.trials.length), first.trials);
  const report = json<{ options: object; trials: number }>(ran);
  assert.equal(report.options, second.options);
  assert.is(report.trials, second.trials.length);

  const train = ['train', 'orders.csv', '--options', 'tuned.json', '--json', '-q'];
  const trained = json<{ options: Record<string, unknown> }>(
    await endcap([...train, '--decay', '0.7'], { cwd }),
  ).options;
  assert.is(trained.factors, 8);
  assert.is(trained.regularization, second.options.regularization);
  assert.is(trained.windowDays, second.options.windowDays);
  assert.is(trained.decay, 0.7);
});

test('a model names the guards of its options, unless the command line names other weights', async ({ cwd }) => {
  const guards = [{ question: 'all', baseline: 'popular', action: 'trend 0.4 instead of 0.2' }];
  const options = { factors: 8, iterations: 1, regularization: 8, unobservedWeight: 0.1, tasteDecay: 0.7, blend: {} };
  await writeFile(join(cwd, 'guarded.json'), JSON.stringify({ options: { ...options, guards } }));
  const train = ['train', 'orders.csv', '--options', 'guarded.json', '-o', 'guarded.safetensors', '-q'];
  for (const [more, named] of [
    [[], true],
    [['--blend', 'trend=0.1'], false],
    [['--window-days', '9'], false],
  ] as const) {
    await endcap([...train, ...more], { cwd });
    const { stdout } = await endcap(['info', 'guarded.safetensors'], { cwd });
    assert.is(/popular found more of what/.test(stdout.toString()), named, stdout.toString());
  }
});

test('a failed interim save is noted and the search continues; a failed final save is the error', async ({ cwd }) => {
  await mkdir(join(cwd, 'gone'));
  let removed: Promise<void> | undefined;
  const args = ['tune', 'orders.csv', ...small, '--minutes', '0.01', '-o', 'gone/tuned.json'];
  const ran = await endcap(args, {
    cwd,
    onStderr: (text) => {
      // The first save comes once the orders are read and the defaults are measured, long after the search is announced.
      if (!removed && text.includes('Tuning als')) removed = rm(join(cwd, 'gone'), { recursive: true });
    },
  });
  await removed;
  assert.is(ran.code, 1, ran.stderr);
  const said = ran.stderr.replace(/\s+/g, ' ');
  assert.match(said, /notice: gone\/tuned\.json cannot be written: .*; the search continues/);
  assert.match(said, /error: gone\/tuned\.json cannot be written: its directory does not exist $/);
  assert.match(ran.stdout.toString(), /^options +factors 8, .*\ntried +\d+ trials in /s);
});

test('train finds the number of iterations with --early-stopping', async ({ cwd }) => {
  const args = ['train', 'orders.csv', ...small, '--early-stopping', '--iterations', '4', '--json', '-q'];
  const ran = await endcap(args, { cwd });
  assert.is(ran.code, 0, ran.stderr);
  const { losses, options } = json<{ losses: number[]; options: { iterations: number } }>(ran);
  assert.ok(losses.length <= 4);
  assert.is(options.iterations, losses.length);
});

test('a fault is one line, and files are left as they are', async ({ cwd }) => {
  await writeSample(join(cwd, 'more.csv'), 6500);
  await Promise.all([
    writeFile(join(cwd, 'odd.json'), '{"options": {"facors": 3}}'),
    writeFile(join(cwd, 'text.json'), 'hello'),
  ]);
  await endcap(['tune', 'orders.csv', ...small, '--minutes', '0.0001', '-o', 'short.json', '-q'], { cwd });
  const before = await readdir(cwd);
  const cases: [args: string[], code: number, error: string, words: RegExp][] = [
    [['tune', 'more.csv', ...small, '-o', 'short.json'], 2, 'invalid_options', /that search was of other orders/],
    [['tune', 'orders.csv', '-o', 'short.json'], 2, 'invalid_options', /that search kept the options {"factors":8}/],
    [['tune', 'orders.csv', '-o', 'text.json'], 1, 'options_unreadable', /text\.json is not JSON/],
    [['tune', 'orders.csv', '-o', 'odd.json'], 1, 'options_unreadable', /is not a file of endcap tune/],
    [['tune', 'orders.csv', '-o', 'orders.csv'], 2, 'invalid_options', /would overwrite an input/],
    [['tune', 'orders.csv', '--minutes', '0'], 2, 'invalid_options', /minutes: 0 cannot be used/],
    [['train', 'orders.csv', '--options', 'odd.json'], 2, 'invalid_options', /facors: 3 cannot be used/],
    [
      ['train', 'orders.csv', '--options', 'none.json'],
      1,
      'options_unreadable',
      /none\.json cannot be read: it does not/,
    ],
  ];
  for (const [args, code, error, words] of cases) {
    const ran = await endcap([...args, '--json', '--quiet'], { cwd });
    const failure = json<{ error: { code: string; message: string } }>(ran).error;
    assert.equal([ran.code, failure.code], [code, error], ran.stderr);
    assert.match(failure.message, words);
  }
  assert.equal(await readdir(cwd), before);
});

test.run();
