import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { lockRetraining } from '../../src/live/retraining/lock.ts';
import { loadModel, saveModel } from '../../src/model/file/file.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { testUnless } from '../support/skip.ts';
import { endcap, json, shell } from './run.ts';
import { begun, send, serving } from './serving.ts';

const test = suite<{ cwd: string }>('endcap retrain and rollback');
const lines = [...sampleOrders({ lines: 1500 })];
const model = await fit(await readOrders(lines.slice(0, 1000)), { factors: 8, iterations: 2, threads: 1 });
const before = model.metadata.version;
const quick = ['--fast', '--factors', '8', '--iterations', '2'];
const retrain = (...more: string[]) => ['retrain', 'm.safetensors', ...more, ...quick];
const mounts = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

test.before.each(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-retrain-'));
  await saveModel(model, join(context.cwd, 'm.safetensors'));
  await writeFile(join(context.cwd, 'orders.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
});
test.after.each(({ cwd }) => rm(cwd, { recursive: true }));

test('retrain replaces the model and says why, and rollback brings the one before back', async (context) => {
  const ran = await endcap(retrain('--orders', 'orders.jsonl'), context);
  assert.is(ran.code, 0, ran.stderr);
  const [, version] = /why +Model (\w{16}) takes the place of (\w{16}): \S/.exec(ran.stdout.toString()) ?? [];
  assert.ok(version, ran.stdout.toString());
  for (const stage of ['Reading', 'Training', 'Writing']) assert.match(ran.stderr, `${stage}: `);
  const back = await endcap(['rollback', 'm.safetensors', '--json'], context);
  assert.is(back.code, 0, back.stderr);
  assert.equal([json(back).version, json(back).before], [before, version]);
  const again = await endcap(retrain('--orders', 'orders.jsonl', '--json'), context);
  assert.is(again.code, 0);
  assert.is(json(again).outcome, 'unchanged');
  const none = await endcap(['rollback', 'm.safetensors'], context);
  assert.is(none.code, 1);
  assert.match(none.stderr, new RegExp(`kept: ${version} .*rolled back`));
  assert.is((await endcap(['rollback', 'm.safetensors', version], context)).code, 0);
});

test('without orders it is a usage error that says what is missing', async (context) => {
  const ran = await endcap(retrain(), context);
  assert.is(ran.code, 2);
  assert.match(ran.stderr, /retrain needs the orders to train on: --orders/);
});

test('what is refused exits with 3, what fails with 1, and a second run with 4', async (context) => {
  const refused = await endcap(retrain('--orders', 'gone.csv', '--json'), context);
  assert.is(refused.code, 3);
  assert.equal([json(refused).outcome, json(refused).before], ['refused', before]);
  const failed = await endcap(retrain('--orders', 'orders.jsonl', '--data', 'gone.db', '--json'), context);
  assert.is(failed.code, 1);
  assert.equal([json(failed).outcome, json(failed).before], ['failed', before]);
  const lock = await lockRetraining(join(context.cwd, 'm.safetensors'));
  const second = await endcap(retrain('--orders', 'orders.jsonl', '--json'), context);
  await lock.release();
  assert.is(second.code, 4);
  const { error } = json<{ error: { code: string; details: object } }>(second);
  assert.is(error.code, 'retraining_busy');
  assert.match(second.stderr, new RegExp(`since 20.*, by process ${process.pid}`));
  assert.equal((await readdir(context.cwd)).sort(), ['m.retraining.json', 'm.safetensors', 'orders.jsonl']);
});

test('orders that are written while they are read are refused', async (context) => {
  const orders = join(context.cwd, 'orders.jsonl');
  const line = await readFile(orders, 'utf8').then((text) => text.slice(0, text.indexOf('\n') + 1));
  const writing = setInterval(() => appendFileSync(orders, line), 5);
  const ran = await endcap(retrain('--orders', 'orders.jsonl', '--json'), context);
  clearInterval(writing);
  assert.is(ran.code, 3, ran.stderr);
  assert.match(json<{ reason: string }>(ran).reason, /^orders\.jsonl was written while it was read; /);
  assert.equal((await readdir(context.cwd)).sort(), ['m.retraining.json', 'm.safetensors', 'orders.jsonl']);
});

test('of several at once one retrains, and the others say who does', async (context) => {
  const seeds = ['1', '2', '3'];
  const all = await Promise.all(
    seeds.map((seed) => endcap(retrain('--orders', 'orders.jsonl', '--seed', seed), context)),
  );
  const codes = all.map(({ code }) => code).sort();
  // Two that begin at the same moment try again, and the first may have ended by then.
  assert.ok(codes.includes(0) && codes.every((code) => code === 0 || code === 4), `${codes}`);
  for (const { code, stderr } of all)
    if (code === 4) assert.match(stderr, /is being retrained since 20.*, by process \d/);
  await loadModel(join(context.cwd, 'm.safetensors'));
  const left = (await readdir(context.cwd)).filter((name) => name.startsWith('.'));
  assert.equal(left, []);
});

const serve = (...more: string[]) => ['serve', 'm.safetensors', '--port', '0', ...more];

test('a schedule that cannot be kept is a usage error before anything starts', async (context) => {
  const orders = ['--orders', 'orders.jsonl'];
  const daily = ['--retrain', '0 3 * * *'];
  for (const [args, message] of [
    [serve(...daily), /--retrain needs the orders to train on: --orders/],
    [serve(...orders), /--orders is for retraining, and there is no --retrain/],
    [serve('--retrain-hours', '1'), /--retrain-hours is for retraining, and there is no --retrain/],
    [serve('--no-header'), /--no-header is for retraining, and there is no --retrain/],
    [['start', 'orders.jsonl', '--retrain-threads', '1'], /--retrain-threads is for retraining, and there is no/],
    [
      serve(...orders, '--retrain', 'nightly'),
      /--retrain: 'nightly' cannot be used; expected minute, hour, .*'0 3 \* \* \*'/,
    ],
    [serve(...orders, ...daily, '--retrain-zone', 'Mars'), /--retrain-zone: 'Mars' cannot be used/],
    [serve(...orders, ...daily, '--retrain-memory', '1'), /--retrain-memory: 1 cannot be used/],
    [['start', ...daily], /--retrain needs the orders to train on: name them/],
    [['start', 'orders.jsonl', '--folder', 'none', ...daily], /--retrain needs a folder for the model/],
  ] as const) {
    const ran = await endcap([...args], context);
    assert.is(ran.code, 2, ran.stderr);
    assert.match(ran.stderr, message);
    assert.not.match(ran.stderr, /Endcap \d|Serving/);
  }
});

test('a server says when it is retrained next, and if its orders are not there', async (context) => {
  const args = serve(
    '--data',
    'shop.db',
    '--orders',
    'orders.jsonl',
    'later/*.csv',
    '--retrain',
    '0 3 * * *',
    '--retrain-zone',
    'UTC',
  );
  const ran = await serving(args, context, async (url) => {
    const { retraining } = await send(url, 'GET', '/admin/status');
    assert.match(retraining.next, /T03:00:00\.000Z$/);
  });
  assert.is(ran.code, 0, ran.stderr);
  assert.match(ran.stderr, /Retraining: next on \S+T03:00:00\.000Z/);
  assert.match(ran.stderr, /Retraining would be refused now: later\/\*\.csv matches no file/);
});

test('a server takes the model of a run of another process at SIGHUP', async (context) => {
  const { child, ran, saying } = begun(serve('--data', 'shop.db'), context.cwd);
  const [, url] = await saying(/Serving on (\S+)/);
  const done = await endcap(retrain('--orders', 'orders.jsonl', '--data', 'shop.db', '--json'), context);
  assert.is(json(done).outcome, 'swapped', done.stderr);
  child.kill('SIGHUP');
  await saying(new RegExp(`${json(done).version}`));
  assert.is((await send(url, 'GET', '/model')).version, json(done).version);
  child.kill('SIGTERM');
  assert.is((await ran).code, 0);
});

testUnless(
  test,
  mounts ? undefined : 'file systems cannot be mounted here',
  'a disk without room for the new model is told before anything is read, or else leaves the old one as it was',
  async (context) => {
    const bytes = (await readFile(join(context.cwd, 'm.safetensors'))).length;
    // In the second, the model that is there fits twice, and the new one does not fit beside it.
    for (const [kib, message] of [
      [Math.ceil((1.5 * bytes) / 1024), /there is no room for a new model beside disk\/m.safetensors/],
      [Math.ceil((2.1 * bytes) / 1024), /disk\/m\.safetensors cannot be written: the disk is full/],
    ] as const) {
      const script = `mkdir -p disk; mount -t tmpfs -o size=${kib}k none disk; cp m.safetensors disk
        endcap retrain disk/m.safetensors --orders orders.jsonl ${quick.join(' ')} --factors 32 -q --json; echo "code $?"
        cmp m.safetensors disk/m.safetensors; ls -A disk`;
      const ran = await shell(script, context, ['unshare', '--mount']);
      assert.match(ran.stdout.toString(), message, ran.stderr);
      assert.match(ran.stdout.toString(), /code 1\n(m\.retraining\.json\n)?m\.safetensors\n$/);
    }
  },
);

testUnless(
  test,
  mounts ? undefined : 'file systems cannot be mounted here',
  'a disk without room for another file leaves the model as it was at each step: lock, candidate, and the one that is kept',
  async (context) => {
    const codes: string[] = [];
    // On tmpfs each name takes one: of the folder, the model, the lock, the candidate, and the kept model.
    for (const names of [2, 3, 4, 5]) {
      const script = `mkdir -p disk; mount -t tmpfs -o nr_inodes=${names} none disk; cp m.safetensors disk
        endcap retrain disk/m.safetensors --orders orders.jsonl ${quick.join(' ')} -q --json; echo "code $?"
        cmp -s m.safetensors disk/m.safetensors && echo same; ls -A disk`;
      const { stdout } = await shell(script, context, ['unshare', '--mount']);
      const text = stdout.toString();
      const [, code, left] = /code (\d)\n([\s\S]*)$/.exec(text)!;
      codes.push(code);
      if (code === '0') continue;
      assert.match(text, /disk\/m\.(\w{16}\.)?safetensors cannot be (written|replaced).*the disk is full/);
      assert.match(left, /^same\n(m\.retraining\.json\n)?m\.safetensors\n$/, text);
    }
    assert.equal(codes, ['1', '1', '1', '0']);
  },
);

test.run();
