import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { removeAbandoned, temporaryName } from '../src/temporary-files.ts';
import { testUnless } from './support/skip.ts';
import { until } from './support/until.ts';

const test = suite<Context>('temporary files');

interface Context {
  directory: string;
}

const [, place, pid, started] = /^\.endcap-(\w+)-(\d+)-(\d+)-\w+\.tmp$/.exec(temporaryName())!;
const nameOf = (writer: { place?: string; pid?: number | string; started?: string }) => {
  const { place: p, pid: id, started: s } = { place, pid, started, ...writer };
  return `.endcap-${p}-${id}-${s}-0123456789abcdef.tmp`;
};
const startOf = (id: number) => /.*\) (?:\S+ ){19}(\d+)/s.exec(readFileSync(`/proc/${id}/stat`, 'utf8'))![1];
const isLinux = process.platform === 'linux';
const notLinux = isLinux ? undefined : 'this system does not tell when a process started';
const namespaces = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;

test.before.each(async (context) => {
  context.directory = await mkdtemp(join(tmpdir(), 'endcap-temporary-'));
});
test.after.each(({ directory }) => rm(directory, { recursive: true }));

async function make(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) await writeFile(join(directory, name), 'half');
}

test('every name is new, hidden, and short enough beside a target of any length', () => {
  const names = [temporaryName(), temporaryName()];
  assert.is.not(names[0], names[1]);
  for (const name of names) assert.ok(name.startsWith('.') && name.length < 100);
  assert.is(pid, String(process.pid));
});

test('a file whose writer has ended is removed, that of a running writer is kept', async ({ directory }) => {
  const running = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 1e6)']);
  try {
    const live = [
      temporaryName(),
      nameOf({ pid: running.pid!, started: isLinux ? startOf(running.pid!) : '0' }),
      nameOf({ pid: process.ppid, started: isLinux ? startOf(process.ppid) : '0' }),
    ];
    const ended = spawnSync(process.execPath, ['-e', '']).pid;
    await make(directory, [...live, nameOf({ pid: ended })]);
    await removeAbandoned(directory, Date.now());
    assert.equal((await readdir(directory)).sort(), live.toSorted());
    running.kill('SIGKILL');
    await once(running, 'exit');
    await removeAbandoned(directory, Date.now());
    assert.equal((await readdir(directory)).sort(), [live[0], live[2]].sort());
  } finally {
    running.kill('SIGKILL');
  }
});

testUnless(test, notLinux, 'a writer whose id another process has by now is dead', async ({ directory }) => {
  await make(directory, [nameOf({ started: String(Number(started) - 1) })]);
  await removeAbandoned(directory, Date.now());
  assert.equal(await readdir(directory), []);
});

testUnless(test, notLinux, 'a killed writer that its parent never asked for is dead', async ({ directory }) => {
  const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 1000'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const [printed] = await once(parent.stdout, 'data');
    const zombie = Number(String(printed));
    const stateOf = () => /\) (\w)/.exec(readFileSync(`/proc/${zombie}/stat`, 'utf8'))![1];
    await until(() => stateOf() === 'Z');
    await make(directory, [nameOf({ pid: zombie, started: startOf(zombie) })]);
    await removeAbandoned(directory, Date.now());
    assert.equal(await readdir(directory), []);
  } finally {
    parent.kill('SIGKILL');
  }
});

test('a writer elsewhere cannot be asked: its file stays until it has not grown for an hour', async ({ directory }) => {
  // The id is that of an ended process here, which says nothing about another container or machine.
  const ended = spawnSync(process.execPath, ['-e', '']).pid;
  const names = [nameOf({ place: 'a'.repeat(16), pid: ended }), nameOf({ place: '0'.repeat(16), pid: ended })];
  await make(directory, names);
  const { mtimeMs } = await stat(join(directory, names[0]));
  await removeAbandoned(directory, mtimeMs + 3_500_000);
  assert.equal((await readdir(directory)).sort(), names.toSorted());
  await removeAbandoned(directory, mtimeMs + 3_700_000);
  assert.equal(await readdir(directory), []);
});

testUnless(
  test,
  namespaces ? undefined : 'namespaces of process ids cannot be made here',
  'a process of another container is elsewhere, although its id is free or taken here',
  async ({ directory }) => {
    const module = new URL('../src/temporary-files.ts', import.meta.url).href;
    const script = `import { temporaryName } from '${module}'; console.log(temporaryName()); setTimeout(() => {}, 1e6);`;
    const tsx = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', script];
    const contained = spawn('unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, ...tsx], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const name = String((await once(contained.stdout, 'data'))[0]).trim();
      assert.match(name, /^\.endcap-[0-9a-f]{16}-1-\d+-/);
      assert.not.match(name, place);
      await make(directory, [name]);
      await removeAbandoned(directory, Date.now());
      assert.equal(await readdir(directory), [name]);
    } finally {
      contained.kill('SIGKILL');
    }
  },
);

test('where the system does not tell when a process started, its id decides', async ({ directory }) => {
  const { value } = Object.getOwnPropertyDescriptor(process, 'platform')!;
  Object.defineProperty(process, 'platform', { value: 'darwin' });
  try {
    const live = temporaryName();
    assert.match(live, `-${process.pid}-0-`);
    const ended = spawnSync(process.execPath, ['-e', '']).pid;
    await make(directory, [live, live.replace(`-${process.pid}-`, `-${ended}-`)]);
    await removeAbandoned(directory, Date.now());
    assert.equal(await readdir(directory), [live]);
  } finally {
    Object.defineProperty(process, 'platform', { value });
  }
});

test('files of other names are never touched, nor folders and links', async ({ directory }) => {
  const ended = spawnSync(process.execPath, ['-e', '']).pid;
  const name = nameOf({ pid: ended });
  const alike = [
    name.slice(1),
    `${name}.csv`,
    `lists.csv${name}`,
    name.replace('endcap', 'Endcap'),
    name.replace('.tmp', ''),
    name.replace('0123456789abcdef', '0123456789ABCDEF'),
    name.replace('0123456789abcdef', '0123456789abcde'),
    nameOf({ pid: `0${ended}` }),
    nameOf({ pid: -ended }),
    nameOf({ pid: 99999999999 }),
    nameOf({ place: place.toUpperCase().replace(/\d/g, 'A'), pid: ended }),
    '.endcap-.tmp',
    'lists.csv.0123456789ab.tmp',
  ];
  await make(directory, alike);
  const folder = name.replace('0123', '1111');
  const link = name.replace('0123', '2222');
  await mkdir(join(directory, folder));
  await symlink(join(directory, 'lists.csv.0123456789ab.tmp'), join(directory, link));
  for (const one of alike) await utimes(join(directory, one), 1, 1);
  await removeAbandoned(directory, Date.now());
  assert.equal((await readdir(directory)).sort(), [...alike, folder, link].sort());
});

test('an id that no system can have, and a folder that cannot be read, change nothing', async ({ directory }) => {
  const name = nameOf({ pid: 9999999999 });
  await make(directory, [name]);
  await removeAbandoned(directory, Date.now());
  assert.equal(await readdir(directory), [name]);
  await removeAbandoned(join(directory, 'none'), Date.now());
});

test.run();
