import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lockRetraining } from '../../../src/live/retraining/lock.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite<{ folder: string; model: string }>('the lock of a retraining run');
const built = fileURLToPath(new URL('../../../dist/live/retraining/lock.js', import.meta.url));

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-lock-'));
  context.model = join(context.folder, 'm.safetensors');
  writeFileSync(context.model, '');
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

/** A process that takes the lock, and says so or why not. */
function locker(model: string, then: string) {
  const program = `import { lockRetraining } from ${JSON.stringify(built)};
    try { const lock = await lockRetraining(${JSON.stringify(model)}); console.log('has'); ${then} }
    catch (error) { console.log(error.code); }`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('one has it at a time, and the next one hears who and since when', async ({ folder, model }) => {
  const began = Date.now();
  const lock = await lockRetraining(model);
  const error = await endcapErrorOf(lockRetraining(model));
  assert.is(error.code, 'retraining_busy');
  assert.is(error.details.pid, process.pid);
  assert.ok((error.details.since as number) >= began - 1);
  assert.match(error.message, new RegExp(`is being retrained since 20.*Z, by process ${process.pid}`));
  await (await lockRetraining(join(folder, 'other.safetensors'))).release();
  await lock.release();
  await (await lockRetraining(model)).release();
  assert.equal(readdirSync(folder), ['m.safetensors']);
});

test('a file has one lock, whatever links lead to it', async ({ folder, model }) => {
  const link = join(folder, 'link');
  symlinkSync(model, link);
  const lock = await lockRetraining(link);
  assert.is((await endcapErrorOf(lockRetraining(model))).code, 'retraining_busy');
  await lock.release();
});

test('a process that is killed frees it', async ({ folder, model }) => {
  const child = locker(model, 'setInterval(() => {}, 1000)');
  assert.is(String((await once(child.stdout, 'data'))[0]).trim(), 'has');
  assert.is((await endcapErrorOf(lockRetraining(model))).details.pid, child.pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = await lockRetraining(model);
  await lock.release();
  assert.equal(readdirSync(folder), ['m.safetensors']);
});

test('of many that come at once, also over the lock of a dead one, no two have it', async ({ folder, model }) => {
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const [own] = readdirSync(folder).filter((name) => name.endsWith('.claim'));
  assert.is(own, undefined);
  const lock = await lockRetraining(model);
  const [name] = readdirSync(folder).filter((each) => each.endsWith('.claim'));
  await lock.release();
  writeFileSync(join(folder, name.replace(`-${process.pid}-`, `-${dead}-`)), '');
  // Who has it makes a file that must not be there, and takes it away again.
  const then = `const { openSync, rmSync } = await import('node:fs');
    openSync(${JSON.stringify(join(folder, 'mine'))}, 'wx');
    await new Promise((resolve) => setTimeout(resolve, 30));
    rmSync(${JSON.stringify(join(folder, 'mine'))});
    await lock.release();`;
  const ended = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const child = locker(model, then);
      const [out] = await once(child.stdout, 'data');
      await once(child, 'exit');
      return String(out).trim();
    }),
  );
  assert.ok(ended.includes('has'), ended.join());
  assert.equal(
    [...new Set(ended)].filter((each) => each !== 'has' && each !== 'retraining_busy'),
    [],
  );
  assert.equal(readdirSync(folder), ['m.safetensors']);
});

test('that of another machine is free once it has not been touched for long', async ({ folder, model }) => {
  const lock = await lockRetraining(model);
  const [name] = readdirSync(folder).filter((each) => each.endsWith('.claim'));
  await lock.release();
  const foreign = join(folder, name.replace(/-[0-9a-f]{16}-/, '-00000000000000aa-'));
  writeFileSync(foreign, '');
  assert.is((await endcapErrorOf(lockRetraining(model))).code, 'retraining_busy');
  const long = new Date(Date.now() - 700_000);
  utimesSync(foreign, long, long);
  await (await lockRetraining(model)).release();
  assert.equal(readdirSync(folder), ['m.safetensors']);
});

test('a folder that cannot be written is told', async ({ folder }) => {
  const error = await endcapErrorOf(lockRetraining(join(folder, 'gone', 'm.safetensors')));
  assert.is(error.code, 'write_failed');
  assert.match(error.message, 'its folder cannot be written');
});

test.run();
