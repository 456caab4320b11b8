import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../src/errors.ts';
import { checkReplaceable, replaceFile } from '../src/files.ts';
import { endcapErrorOf, thrownBy } from './support/errors.ts';

const test = suite<{ directory: string; path: string }>('files');

test.before.each(async (context) => {
  context.directory = await mkdtemp(join(tmpdir(), 'endcap-files-'));
  context.path = join(context.directory, 'file');
});
test.after.each(({ directory }) => rm(directory, { recursive: true }));

test('a file is replaced as a whole after the last chunk', async ({ directory, path }) => {
  await writeFile(path, 'old');
  const { bytes } = await replaceFile(path, async (append) => {
    await append(Buffer.from('new '));
    assert.is(await readFile(path, 'utf8'), 'old');
    await append(Buffer.from('text'));
  });
  assert.is(bytes, 8);
  assert.is(await readFile(path, 'utf8'), 'new text');
  assert.equal(await readdir(directory), ['file']);
});

test('an error of the writer is passed on, and only the old file remains', async ({ directory, path }) => {
  await writeFile(path, 'old');
  const thrown = new TypeError('a bug');
  const error = await thrownBy(
    replaceFile(path, async (append) => {
      await append(Buffer.from('half'));
      throw thrown;
    }),
  );
  assert.is(error, thrown);
  assert.is(await readFile(path, 'utf8'), 'old');
  assert.equal(await readdir(directory), ['file']);
});

test('checking a path fails as writing would, and changes nothing', async ({ directory, path }) => {
  await checkReplaceable(path);
  assert.equal(await readdir(directory), []);
  for (const bad of [directory, join(directory, 'none', 'file')]) {
    const error = await endcapErrorOf(checkReplaceable(bad));
    assert.instance(error, EndcapError);
    assert.is(error.code, 'write_failed');
  }
});

test.run();
