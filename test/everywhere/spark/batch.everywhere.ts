/** The example that makes lists on Spark, as its page says, and what becomes of it when processes are killed. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleCsv } from '../../../src/index.ts';
import { install, type Ran, root, run } from '../../support/commands.ts';
import { testUnless } from '../../support/skip.ts';
import { newProject, packedPackage } from '../packed.ts';
import { absentProcesses, isExecutor, sparkTool, submitting } from './spark.ts';

const test = suite('lists on Spark');
const spark = await sparkTool();
const { tarball, absent: unpacked } = await packedPackage();
const { folder: cwd } = await newProject();
const absent = spark.absent ?? unpacked;
const absentKilling = absent ?? absentProcesses;

const example = join(root, 'test/examples/spark');
const [first, ...commands] = /^```sh\n(.*?)\n```$/ms
  .exec(await readFile(join(example, 'README.md'), 'utf8'))![1]
  .split('\n');
const submit = commands.pop()!;

/** Runs lines of the page on Spark, whose files are in the folder `tmp` of the project. */
async function onSpark(master: string, lines: readonly string[]): Promise<Ran> {
  await rm(join(cwd, 'lists'), { recursive: true, force: true });
  const folder = join(cwd, 'tmp');
  await mkdir(folder);
  try {
    const env = await submitting(spark, folder, master);
    return await run('sh', ['-ec', lines.join('\n')], { cwd, env, seconds: 1800 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const rowsOf = async (...path: string[]) =>
  parquetReadObjects({ file: await asyncBufferFromFile(join(cwd, ...path)), compressors });

async function assertListsAreWhole(): Promise<void> {
  const parts = (await readdir(join(cwd, 'lists'))).filter((name) => name.endsWith('.parquet')).sort();
  const rows = [];
  for (const part of parts) rows.push(...(await rowsOf('lists', part)));
  assert.equal(rows, await rowsOf('whole.parquet'));
}

testUnless(test, absent, 'the commands of the page write the lists that one process writes', async () => {
  await writeFile(join(cwd, 'orders.csv'), [...sampleCsv({ lines: 5000 })].join(''));
  for (const name of await readdir(example)) await cp(join(example, name), join(cwd, name));
  assert.is(first, 'npm install endcap');
  assert.is(await install([tarball], cwd), undefined);
  const { code, stderr } = await onSpark('local[2]', [...commands, submit]);
  assert.is(code, 0, stderr.slice(-3000));
  const [, options] = /--shards \d+ (.*)$/.exec(submit)!;
  const whole = await run('sh', ['-ec', `npx endcap batch model.safetensors -o whole.parquet ${options}`], { cwd });
  assert.is(whole.code, 0, whole.stderr);
  await assertListsAreWhole();
});

interface Process {
  pid: number;
  /** Where it runs. An executor and what it has started run in one folder. */
  cwd: string;
  kind: 'resident' | 'executor';
}

/** Processes that make lists, and executors, of this suite's Spark. */
function processes(): Process[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const at = readlinkSync(`/proc/${pid}/cwd`);
      const kind = args.includes('--shard') ? 'resident' : args.some(isExecutor) ? 'executor' : undefined;
      return kind && at.startsWith(cwd) ? [{ pid: Number(pid), cwd: at, kind }] : [];
    } catch {
      // It has ended, or is somebody else's.
      return [];
    }
  });
}

const parentOf = (pid: number) => Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
const isRunning = (pid: number) => processes().some((one) => one.pid === pid);

/** Looks ten times a second at which processes are new, for as long as Spark runs. */
async function watching(
  ran: Promise<unknown>,
  onNew: (process: Process, all: readonly Process[]) => void,
): Promise<void> {
  const known = new Map<number, Process>();
  let hasEnded = false;
  const end = () => (hasEnded = true);
  ran.then(end, end);
  while (!hasEnded) {
    for (const process of processes()) {
      if (known.has(process.pid)) continue;
      known.set(process.pid, process);
      onNew(process, [...known.values()]);
    }
    await sleep(100);
  }
}

testUnless(
  test,
  absentKilling,
  'tasks share one process, and a shard is made again if it or its task is killed',
  async () => {
    const residents: number[] = [];
    const ran = onSpark('local[2,4]', [submit]);
    await watching(ran, ({ pid, kind }) => {
      if (kind !== 'resident') return;
      residents.push(pid);
      // While it reads the model, which a task waits for: the first process, then the task that started the second one.
      if (residents.length === 1) process.kill(pid, 'SIGKILL');
      if (residents.length !== 2) return;
      process.kill(pid, 'SIGSTOP');
      process.kill(parentOf(pid), 'SIGKILL');
    });
    const { code, stderr } = await ran;
    assert.is(code, 0, stderr.slice(-3000));
    assert.match(stderr, 'RuntimeError: endcap ended');
    assert.match(stderr, 'Python worker exited unexpectedly');
    // Half an answer may be in the pipe of the second one, so that it does not serve on.
    assert.is(residents.length, 3);
    for (const pid of residents) assert.not.ok(isRunning(pid));
    await assertListsAreWhole();
  },
);

testUnless(test, absentKilling, 'each executor has one process, which ends with it', async () => {
  const residents: Process[] = [];
  let ended: Promise<void> | undefined;
  const ran = onSpark('local-cluster[2,1,512]', [submit]);
  await watching(ran, (found, all) => {
    if (found.kind !== 'resident') return;
    residents.push(found);
    if (residents.length > 2) return;
    // No shard is made before an executor is killed.
    process.kill(found.pid, 'SIGSTOP');
    if (residents.length < 2) return;
    const [{ pid, cwd }] = residents;
    process.kill(all.find((other) => other.kind === 'executor' && other.cwd === cwd)!.pid, 'SIGKILL');
    for (const { pid } of residents) process.kill(pid, 'SIGCONT');
    ended = endOf(pid);
  });
  const { code, stderr } = await ran;
  assert.is(code, 0, stderr.slice(-3000));
  await ended;
  assert.ok(residents.length >= 2);
  assert.is(new Set(residents.map(({ cwd }) => cwd)).size, residents.length);
  assert.not.ok(residents.some(({ pid }) => isRunning(pid)));
  await assertListsAreWhole();
});

async function endOf(pid: number): Promise<void> {
  for (const deadline = Date.now() + 30_000; isRunning(pid); await sleep(100))
    assert.ok(Date.now() < deadline, 'it outlives its executor');
}

test.run();
