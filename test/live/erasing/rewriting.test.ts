import fs, { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rewriteModelFile } from '../../../src/live/erasing/rewriting.ts';
import { loadModel, saveModel } from '../../../src/model/file/file.ts';
import { encodeModel } from '../../../src/model/file/format.ts';
import { smallModel, treedModel } from '../../model/models.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite<{ folder: string; path: string }>('a model file without customers');

test.before.each(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-rewriting-'));
  context.path = join(context.folder, 'm.safetensors');
  await saveModel(smallModel(), context.path);
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

test('a model that is saved meanwhile is not overwritten', async ({ folder, path }) => {
  const rewriting = rewriteModelFile(path, new Set(['Zoë']), async (model) => {
    await saveModel(treedModel(), path);
    return encodeModel(model);
  });
  assert.match((await endcapErrorOf(rewriting)).message, 'was replaced while customers were taken out of it');
  assert.equal(readFileSync(path), Buffer.concat(await encodeModel(treedModel())));
  assert.equal(readdirSync(folder), ['m.safetensors']);
});

test('nor is one that is saved while the file is flushed to the disk', async ({ folder, path }) => {
  const other = join(folder, 'other.safetensors');
  await saveModel(treedModel(), other);
  const { fsync } = fs;
  const flushThen = ((fd, done) => {
    if (readdirSync(folder).includes('other.safetensors')) renameSync(other, path);
    fsync(fd, done);
  }) as typeof fsync;
  const rewriting = rewriteModelFile(path, new Set(['Zoë']), async (model) => {
    Object.assign(fs, { fsync: flushThen });
    syncBuiltinESMExports();
    return encodeModel(model);
  });
  const error = await endcapErrorOf(rewriting).finally(() => {
    Object.assign(fs, { fsync });
    syncBuiltinESMExports();
  });
  assert.match(error.message, 'was replaced while customers were taken out of it');
  assert.equal(readFileSync(path), Buffer.concat(await encodeModel(treedModel())));
  assert.equal(readdirSync(folder), ['m.safetensors']);
});

test('a file that has none of them is left alone', async ({ path }) => {
  await rewriteModelFile(path, new Set(['nobody', 'Zo']), () => Promise.reject(new Error('written')));
});

test('a file that has none of them but may quote one loses what it tells of records', async ({ path }) => {
  const model = smallModel();
  const examples = { 'missing product': [{ line: 3, value: 'nobody "A"; 2; ' }] };
  const account = { ...model.metadata.account, examples };
  await saveModel({ ...model, metadata: { ...model.metadata, account } }, path);
  await rewriteModelFile(path, new Set(['nobody "A"']));
  const { metadata, customers } = await loadModel(path);
  assert.equal(metadata.account.examples, {});
  assert.equal(customers, model.customers);
  assert.is(metadata.version, model.metadata.version);
});

test('a file that does not exist is told', async ({ folder }) => {
  const error = await endcapErrorOf(rewriteModelFile(join(folder, 'gone'), new Set(['10'])));
  assert.is(error.code, 'model_unreadable');
  assert.equal(readdirSync(folder), ['m.safetensors']);
});

test.run();
