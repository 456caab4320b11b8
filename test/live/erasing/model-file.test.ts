import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openModelFile } from '../../../src/live/erasing/model-file.ts';
import { keepModel } from '../../../src/live/models/kept.ts';
import { loadModel, saveModel } from '../../../src/model/file/file.ts';
import { smallModel } from '../../model/models.ts';
import { until } from '../../support/until.ts';

const test = suite<{ folder: string; path: string }>('customers in a model file');

test.before.each(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-erasing-'));
  context.path = join(context.folder, 'm.safetensors');
  await saveModel(smallModel(), context.path);
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const wait = 60_000;

test('whoever is erased is in no byte of the folder, and the file is as private as it was', async ({
  folder,
  path,
}) => {
  chmodSync(path, 0o600);
  const file = openModelFile(path);
  file.erase('Zoë');
  assert.equal(file.status(), { pending: 1 });
  assert.is(await file.mayHave('Zoë', wait), false);
  assert.equal(file.status(), { pending: 0 });
  assert.equal(readdirSync(folder), ['m.safetensors']);
  assert.is(readFileSync(path).indexOf('Zo'), -1);
  assert.is(statSync(path).mode & 0o777, 0o600);
  assert.equal((await loadModel(path)).customers, ['10', '11']);
  await file.close();
});

test('the kept models lose them as well, and one that is damaged is told until it is gone', async ({
  folder,
  path,
}) => {
  // Versions of this program are hexadecimal; that of the small model is not.
  const { file: kept } = await keepModel(path);
  const file = openModelFile(path, 1);
  file.erase('Zoë');
  assert.is(await file.mayHave('Zoë', wait), false);
  for (const each of [path, kept]) assert.equal((await loadModel(each)).customers, ['10', '11']);
  truncateSync(kept, 2000);
  file.erase('10');
  await file.mayHave('10', wait);
  assert.match(file.status().problem!, kept);
  rmSync(kept);
  await until(() => file.status().pending === 0);
  assert.equal(readdirSync(folder), ['m.safetensors']);
  await file.close();
});

test('erasures that come together are one file, and those that come meanwhile the next', async ({ path }) => {
  const file = openModelFile(path);
  const inodes = new Set([statSync(path).ino]);
  file.erase('10');
  file.erase('Zoë');
  assert.equal(await Promise.all([file.mayHave('10', wait), file.mayHave('Zoë', wait)]), [false, false]);
  inodes.add(statSync(path).ino);
  file.erase('11');
  assert.equal([await file.mayHave('11', wait), await file.mayHave('nobody', wait)], [false, false]);
  assert.equal((await loadModel(path)).customers, []);
  assert.is(inodes.size, 2);
  await file.close();
});

test('whoever comes while the file is written is taken out of it, too', async ({ path }) => {
  const file = openModelFile(path);
  file.erase('10');
  // Writing begins in this turn of the event loop.
  await setImmediate();
  file.erase('11');
  assert.equal(await Promise.all([file.mayHave('10', wait), file.mayHave('11', wait)]), [false, false]);
  assert.equal((await loadModel(path)).customers, ['Zoë']);
  await file.close();
});

test('a file that cannot be written is tried again, and nobody waits for it meanwhile', async ({ folder, path }) => {
  // A folder in place of the file cannot be replaced, whoever the user is.
  rmSync(path);
  mkdirSync(path);
  const file = openModelFile(path, 20);
  file.erase('10');
  assert.is(await file.mayHave('10', wait), true);
  assert.match(file.status().problem!, /m\.safetensors cannot be written: it is a directory/);
  file.erase('11');
  assert.is(await file.mayHave('11', wait), true);
  assert.is(file.status().pending, 2);
  rmSync(path, { recursive: true });
  await saveModel(smallModel(), path);
  await until(() => file.status().pending === 0, 20);
  assert.equal(file.status(), { pending: 0 });
  assert.equal((await loadModel(path)).customers, ['Zoë']);
  assert.equal(readdirSync(folder), ['m.safetensors']);
  await file.close();
});

test('a file that could not be written is tried again, also if nobody else comes', async ({ path }) => {
  rmSync(path);
  mkdirSync(path);
  const file = openModelFile(path, 20);
  file.erase('10');
  assert.is(await file.mayHave('10', wait), true);
  rmSync(path, { recursive: true });
  await saveModel(smallModel(), path);
  for (let tries = 0; file.status().pending > 0; tries++) {
    assert.ok(tries < 500, 'it is never tried again');
    await setTimeout(20);
  }
  assert.equal((await loadModel(path)).customers, ['11', 'Zoë']);
  await file.close();
});

test('whoever is told of again after the file was replaced is taken out of that one', async ({ path }) => {
  const before = readFileSync(path);
  const { ino } = statSync(path);
  const file = openModelFile(path);
  file.erase('10');
  await setImmediate();
  // The thread has written the file, and what it says of that was not heard yet.
  while (statSync(path).ino === ino);
  writeFileSync(`${path}.new`, before);
  renameSync(`${path}.new`, path);
  file.erase('10');
  await until(() => file.status().pending === 0);
  assert.equal((await loadModel(path)).customers, ['11', 'Zoë']);
  await file.close();
});

test('a shop that is closed leaves the file whole, with or without them', async ({ folder, path }) => {
  const file = openModelFile(path);
  file.erase('10');
  await file.close();
  assert.ok(existsSync(path));
  assert.equal(readdirSync(folder), ['m.safetensors']);
  assert.ok((await loadModel(path)).customers.includes('Zoë'));
});

test.run();
