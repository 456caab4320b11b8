import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndcapError } from '../../../src/errors.ts';
import { loadModel, saveModel } from '../../../src/model/file/file.ts';
import { assertSame, smallModel } from '../models.ts';

const test = suite<{ directory: string }>('model file');

test.before.each(async (context) => {
  context.directory = await mkdtemp(join(tmpdir(), 'endcap-model-'));
});
test.after.each(({ directory }) => rm(directory, { recursive: true }));

async function errorOf(work: Promise<unknown>): Promise<EndcapError> {
  return work.then(
    () => assert.unreachable('no error was thrown'),
    (error) => error,
  );
}

test('a saved model loads unchanged, and nothing else is left behind', async ({ directory }) => {
  const path = join(directory, 'shop.safetensors');
  const { bytes } = await saveModel(smallModel(), path);
  assert.is((await readFile(path)).length, bytes);
  assertSame(await loadModel(path), smallModel());
  assert.equal(await readdir(directory), ['shop.safetensors']);
});

test('saving again replaces the whole file, also through a link', async ({ directory }) => {
  const path = join(directory, 'a.safetensors');
  const link = join(directory, 'current');
  await saveModel(smallModel(), path);
  await symlink(path, link);
  const next = { ...smallModel(), customers: ['20', '21', '22'] };
  await saveModel(next, link);
  assertSame(await loadModel(path), next);
  assert.equal((await readdir(directory)).sort(), ['a.safetensors', 'current']);
});

test('a model that cannot be written leaves the old file unchanged and nothing next to it', async ({ directory }) => {
  const path = join(directory, 'good.safetensors');
  await saveModel(smallModel(), path);
  const before = await readFile(path);
  const error = await errorOf(saveModel({ ...smallModel(), factors: 7 }, path));
  assert.is(error.code, 'write_failed');
  assert.equal(await readFile(path), before);
  assert.equal(await readdir(directory), ['good.safetensors']);
});

test('an aborted signal stops the saving, and an unknown option is refused', async ({ directory }) => {
  const path = join(directory, 'good.safetensors');
  await saveModel(smallModel(), path);
  const before = await readFile(path);
  const stopped = await errorOf(saveModel(smallModel(), path, { signal: AbortSignal.abort() }));
  assert.is(stopped.code, 'aborted');
  const unknown = await errorOf(saveModel(smallModel(), path, { signall: undefined, sync: true } as object));
  assert.is(unknown.details.option, 'sync');
  const odd = await errorOf(saveModel(smallModel(), path, { signal: {} as AbortSignal }));
  assert.is(odd.details.option, 'signal');
  assert.equal(await readFile(path), before);
  assert.equal(await readdir(directory), ['good.safetensors']);
});

test('a target that is not a file, or whose directory does not exist, is refused in words', async ({ directory }) => {
  await mkdir(join(directory, 'sub'));
  await writeFile(join(directory, 'plain'), '');
  for (const [path, words] of [
    ['sub', /is a directory/],
    ['none/m.safetensors', /directory does not exist/],
    ['plain/m.safetensors', /not a directory/],
  ] as const) {
    const error = await errorOf(saveModel(smallModel(), join(directory, path)));
    assert.is(error.code, 'write_failed');
    assert.match(error.message, words);
  }
  assert.equal((await readdir(directory)).sort(), ['plain', 'sub']);
});

test('a path that is missing, not a file, empty, truncated or changed is refused with its name and a stable reason', async ({
  directory,
}) => {
  const good = join(directory, 'good');
  await saveModel(smallModel(), good);
  const bytes = await readFile(good);
  bytes[bytes.length - 1] ^= 1;
  await writeFile(join(directory, 'edited'), bytes);
  await writeFile(join(directory, 'cut'), bytes.subarray(0, bytes.length - 100));
  await writeFile(join(directory, 'empty'), '');
  await writeFile(join(directory, 'orders.csv'), 'customer_id,product_id,quantity\n1,2,3\n');
  // Sparse: 1 TiB of zeros that take no space on the disk.
  await writeFile(join(directory, 'sparse'), '');
  await truncate(join(directory, 'sparse'), 2 ** 40);
  for (const [name, reason] of [
    ['absent', 'missing'],
    ['.', 'not_a_file'],
    ['good/below', 'io'],
    ['empty', 'empty'],
    ['cut', 'truncated'],
    ['edited', 'checksum'],
    ['orders.csv', 'not_safetensors'],
    ['sparse', 'not_safetensors'],
  ]) {
    const path = join(directory, name);
    const error = await errorOf(loadModel(path));
    assert.is(error.code, 'model_unreadable', error.message);
    assert.is(error.details.reason, reason, error.message);
    assert.is(error.details.file, path);
    assert.ok(error.message.startsWith(path));
  }
  for (const path of [undefined, 7, {}, Object.create(null), Symbol('x')])
    assert.is((await errorOf(loadModel(path as never))).code, 'model_unreadable');
});

test('a pipe is refused without waiting for a writer', async ({ directory }) => {
  if (process.platform === 'win32') return;
  const path = join(directory, 'pipe');
  execFileSync('mkfifo', [path]);
  assert.is((await errorOf(loadModel(path))).details.reason, 'not_a_file');
  assert.match((await errorOf(saveModel(smallModel(), path))).message, /not a file/);
});

test.run();
