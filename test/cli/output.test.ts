import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleCsv } from '../../src/sample/sample.ts';
import { testUnless } from '../support/skip.ts';
import { until } from '../support/until.ts';
import { endcap, picked, shell, start, writeSample } from './run.ts';

interface Context {
  cwd: string;
  before: string[];
}

const test = suite<Context>('endcap output');

const isUnix = process.platform !== 'win32';
const noShell = isUnix ? undefined : 'this system has no POSIX shell';
const noFull = existsSync('/dev/full') ? undefined : 'this system has no /dev/full';
const mounted = ['unshare', '--mount'];
const mounts = isUnix && spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
const noMounts = mounts ? undefined : 'file systems cannot be mounted here';
const quick = `--factors 8 --iterations 1 ${picked.join(' ')}`;

/** Commands that write to `disk/out`. */
const train = `train orders.csv -o disk/out ${quick}`;
const batch = 'batch m.safetensors -o disk/out';
const tune = 'tune orders.csv --minutes 0.001 --factors 8 -o disk/out';
const evaluate = `evaluate orders.csv --no-baselines --report disk/out ${quick}`;

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-output-'));
  await mkdir(join(context.cwd, 'disk'));
  await writeSample(join(context.cwd, 'orders.csv'), 2000);
  const trained = await shell(`endcap train orders.csv -o m.safetensors ${quick}`, context);
  assert.is(trained.code, 0, trained.stderr);
});
test.before.each(async (context) => {
  context.before = await readdir(context.cwd);
});
test.after.each(async ({ cwd, before }) => {
  assert.equal(await readdir(cwd), before);
  for (const name of await readdir(join(cwd, 'disk'))) await rm(join(cwd, 'disk', name));
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

for (const [name, command] of Object.entries({ train, batch, evaluate })) {
  testUnless(
    test,
    noMounts,
    `${name} on a full disk exits with 1 and leaves the old file as it was`,
    async (context) => {
      const script = `mount -t tmpfs -o size=64k none disk; echo old > disk/out; cat /dev/zero > disk/filler 2> /dev/null
      endcap ${command} -q > /dev/null; echo "code $?"; cat disk/out; ls -A disk`;
      const ran = await shell(script, context, mounted);
      assert.is(ran.stdout.toString(), 'code 1\nold\nfiller\nout\n', ran.stderr);
      assert.match(ran.stderr, /error: disk\/out cannot be written: the disk is full/);
      if (name === 'train') assert.match(ran.stderr, /The trained model is lost; make room or name another file/);
    },
  );
}

testUnless(test, noMounts, 'a read-only file system is noticed before the orders are read', async (context) => {
  const script = `mount -t tmpfs none disk; echo old > disk/out; mount -o remount,ro disk
    endcap train orders.csv -o disk/out; echo "code $?"; cat disk/out; ls -A disk`;
  const ran = await shell(script, context, mounted);
  assert.is(ran.stdout.toString(), 'code 1\nold\nout\n');
  assert.is(ran.stderr, 'error: disk/out cannot be written: the file system is read-only\n');
});

testUnless(
  test,
  noMounts,
  'a file that is mounted itself cannot be replaced, and the error says what can',
  async (context) => {
    const script = `echo old > 'disk/a b'; echo other > disk/file; mount --bind disk/file 'disk/a b'
    endcap batch m.safetensors -o 'disk/a b' -q; echo "code $?"; cat disk/a*; ls -A disk`;
    const ran = await shell(script, context, mounted);
    assert.is(ran.stdout.toString(), 'code 1\nother\na b\nfile\n');
    assert.match(ran.stderr, /disk\/a b cannot be written: .*mount its folder instead\n$/);
  },
);

testUnless(test, noShell, 'a file larger than the process may write exits with 1', async (context) => {
  const ran = await shell(
    `echo old > disk/out; ulimit -f 8; endcap ${batch} -q --json; echo "code $?"; cat disk/out; ls -A disk`,
    context,
  );
  const [failure, ...rest] = ran.stdout.toString().trim().split('\n');
  assert.equal(rest, ['code 1', 'old', 'out'], ran.stderr);
  const { error } = JSON.parse(failure);
  assert.equal([error.code, error.details], ['write_failed', { file: 'disk/out', reason: 'EFBIG' }]);
  assert.match(ran.stderr, /ulimit -f/);
});

testUnless(test, noFull, 'a full disk behind stdout exits with 1 and says so', async (context) => {
  for (const command of ['--version', 'info --json', 'batch m.safetensors -q']) {
    const ran = await shell(`endcap ${command} > /dev/full`, context);
    assert.is(ran.code, 1, command);
    assert.match(ran.stderr, /error: cannot write to stdout: the disk is full\n$/);
  }
});

testUnless(test, noFull, 'notes that nobody can read do not stop a command', async (context) => {
  for (const where of ['2> /dev/full', '2>&-', '<&- >&- 2>&-']) {
    const ran = await shell(`endcap sample -o disk/out ${where}; echo "code $?"`, context);
    assert.match(ran.stdout.toString(), /code 0\n$/, where);
    await rm(join(context.cwd, 'disk/out'));
  }
  // A reader of stderr that has gone; file 3 is the real stdout.
  const script = `{ { endcap sample -o disk/out 2>&1 > /dev/null; echo "code $?" >&3; } | true; } 3>&1`;
  assert.is((await shell(script, context)).stdout.toString(), 'code 0\n');
});

testUnless(test, noShell, 'a reader of the version that has gone is no error', async (context) => {
  const script = `{ { sleep 0.2; endcap --version; echo "code $?" >&3; } | true; } 3>&1`;
  const ran = await shell(script, context);
  assert.is(ran.stdout.toString() + ran.stderr, 'code 0\n');
});

testUnless(test, noShell, 'a reader of stdout that stops early costs no file', async (context) => {
  for (const command of [evaluate, tune]) {
    const script = `{ { endcap ${command}; echo "code $?" >&3; } | true; } 3>&1; ls -A disk; rm disk/out`;
    const ran = await shell(script, context);
    assert.is(ran.stdout.toString(), 'code 0\nout\n', ran.stderr);
  }
});

test('of two commands that write one file at a time, one wins', async ({ cwd }) => {
  const sample = (seed: number) => endcap(['sample', '--seed', String(seed), '-o', 'disk/out', '-q'], { cwd });
  const ran = await Promise.all([sample(1), sample(2)]);
  assert.equal(
    ran.map(({ code }) => code),
    [0, 0],
  );
  const found = await readFile(join(cwd, 'disk/out'), 'utf8');
  assert.ok([1, 2].some((seed) => found === [...sampleCsv({ seed })].join('')));
  assert.equal(await readdir(join(cwd, 'disk')), ['out']);
});

testUnless(test, noShell, 'an input is not overwritten through a link, and a folder is not a file', async (context) => {
  const { cwd } = context;
  await symlink(join(cwd, 'orders.csv'), join(cwd, 'disk/link'));
  const orders = await readFile(join(cwd, 'orders.csv'));
  const refused = await endcap(['train', 'orders.csv', '-o', 'disk/link'], { cwd });
  assert.is(refused.code, 2);
  assert.match(refused.stderr, /would overwrite an input/);
  const folder = await endcap(['train', 'orders.csv', '-o', 'disk'], { cwd });
  assert.is(folder.code, 1);
  assert.is(folder.stderr, 'error: disk cannot be written: it is a directory; name a file\n');
  assert.equal(await readFile(join(cwd, 'orders.csv')), orders);
});

for (const [signals, codes] of [
  [['SIGHUP'], [129]],
  [
    ['SIGINT', 'SIGTERM'],
    [130, 143],
  ],
] as [NodeJS.Signals[], number[]][]) {
  testUnless(test, noShell, `${signals.join(' and ')} while a file is written leaves the old one`, async (context) => {
    const { cwd } = context;
    const disk = join(cwd, 'disk');
    await writeFile(join(disk, 'out'), 'old');
    const { child, ran } = start(['sample', '--lines', '3000000', '-o', 'disk/out', '-q'], { cwd });
    const growing = async () => {
      const sizes = (await readdir(disk)).map((name) => stat(join(disk, name)).catch(() => undefined));
      return (await Promise.all(sizes)).some((found) => found !== undefined && found.size > 1000);
    };
    await until(growing, 2);
    for (const signal of signals) child.kill(signal);
    const { code, stderr } = await ran;
    assert.ok(codes.includes(code!), `${code}: ${stderr}`);
    assert.equal(await readdir(disk), ['out']);
    assert.is(await readFile(join(disk, 'out'), 'utf8'), 'old');
  });
}

test.run();
