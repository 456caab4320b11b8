import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { earlierModel, keepModel, keptModels, pruneModels } from '../../../src/live/models/kept.ts';
import { rollBack } from '../../../src/live/models/rollback.ts';
import { loadMetadata, loadModel, saveModel } from '../../../src/model/file/file.ts';
import type { Gate } from '../../../src/model/model.ts';
import { smallModel } from '../../model/models.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite<{ folder: string; path: string }>('kept models');

const versionOf = (n: number) => `${n < 0 ? `a${-n}` : n}`.padStart(16, '0');
/** The model of day n. */
function modelOf(n: number) {
  const model = smallModel();
  const trainedAt = new Date(Date.UTC(2026, 0, n)).toISOString();
  const fingerprint = `fingerprint ${n}`;
  return { ...model, metadata: { ...model.metadata, version: versionOf(n), trainedAt, fingerprint } };
}
const served = async (path: string) => Number((await loadMetadata(path)).version);
const kept = async (path: string) => (await keptModels(path)).map(({ version }) => Number(version));

/** What a run does: the model of the next day is served. */
async function replaceWith(path: string, n: number): Promise<void> {
  await keepModel(path);
  await saveModel(modelOf(n), path);
  await pruneModels(path);
}

test.before.each(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-kept-'));
  context.path = join(context.folder, 'shop.safetensors');
  await saveModel(modelOf(1), context.path);
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

test('the newest three are kept besides the served one, under its name and their versions', async ({
  folder,
  path,
}) => {
  for (const n of [2, 3, 4, 5, 6]) await replaceWith(path, n);
  assert.equal(await kept(path), [5, 4, 3]);
  assert.equal(
    readdirSync(folder).sort(),
    [3, 4, 5].map((n) => `shop.${versionOf(n)}.safetensors`).concat('shop.safetensors'),
  );
  assert.is((await loadModel(join(folder, `shop.${versionOf(4)}.safetensors`))).metadata.version, versionOf(4));
});

test('a kept model is another name of the same file', async ({ folder, path }) => {
  await keepModel(path);
  assert.is(statSync(join(folder, `shop.${versionOf(1)}.safetensors`)).ino, statSync(path).ino);
});

test('what was not made here is neither listed nor removed', async ({ folder, path }) => {
  const names = [
    'shop.2025.safetensors',
    'shop.old.safetensors',
    `other.${versionOf(1)}.safetensors`,
    `shop.${versionOf(1)}.json`,
    `shop.${versionOf(7)}.safetensors`,
    `shop.${versionOf(8)}.rolled-back.again.safetensors`,
  ];
  for (const name of names) await saveModel(modelOf(9), join(folder, name));
  writeFileSync(join(folder, `shop.${versionOf(6)}.safetensors`), 'notes of somebody');
  for (const n of [2, 3, 4, 5]) await replaceWith(path, n);
  assert.equal(await kept(path), [4, 3, 2, 6]);
  const left = readdirSync(folder);
  for (const name of [...names, `shop.${versionOf(6)}.safetensors`]) assert.ok(left.includes(name), name);
});

test('a rollback goes to the newest from before, and keeps what it takes away', async ({ path }) => {
  for (const n of [2, 3]) await replaceWith(path, n);
  assert.equal(await rollBack(path), { version: versionOf(2), before: versionOf(3), trainedAt: Date.UTC(2026, 0, 2) });
  assert.is(await served(path), 2);
  assert.equal(
    (await keptModels(path)).map(({ version, wasRolledBack }) => [Number(version), wasRolledBack]),
    [
      [3, true],
      [1, false],
    ],
  );
  await rollBack(path);
  assert.is(await served(path), 1);
  const error = await endcapErrorOf(rollBack(path));
  assert.is(error.code, 'unknown_version');
  assert.match(
    error.message,
    /no kept model from before .* kept: 0{15}3 \(trained 2026-01-03T00:00:00.000Z, rolled back\), 0{15}2.*\. To take one of these, name its version$/,
  );
  await rollBack(path, versionOf(3));
  assert.is(await served(path), 3);
  assert.equal(await kept(path), [2, 1]);
});

test('a rollback does not go to what another one took away, unless it is named', async ({ path }) => {
  await replaceWith(path, 2);
  await rollBack(path);
  await replaceWith(path, 3);
  await rollBack(path);
  assert.is(await served(path), 1);
  await rollBack(path, versionOf(2));
  await replaceWith(path, 4);
  await rollBack(path);
  assert.is(await served(path), 2, 'one that was named is as good as any');
});

test('by default a rollback goes to the model that was replaced, whatever the clock said when either was trained', async ({
  path,
}) => {
  // Days of training: the clock was set back after the second run, and was years ahead in the third.
  const days = [0, 1, 20, -300, 9000];
  const trained = (n: number) => {
    const model = modelOf(n);
    const trainedAt = new Date(Date.UTC(2026, 0, days[n])).toISOString();
    const gate: Gate = {
      ...{ outcome: 'tie', passed: true, reason: '', served: versionOf(n - 1) },
      ...{ newOrders: { orders: 0, customers: 0 }, results: [], damages: [] },
    };
    return { ...model, metadata: { ...model.metadata, trainedAt, gate } };
  };
  for (const n of [2, 3, 4]) {
    const { version } = await keepModel(path);
    await saveModel(trained(n), path);
    await pruneModels(path, version);
  }
  for (const n of [3, 2, 1]) {
    await rollBack(path);
    assert.is(await served(path), n);
  }
});

/** Puts the model of a day in the place of the file, and finds the one before among those that are kept. */
async function replacedStays(path: string, n: number): Promise<void> {
  const { version } = await keepModel(path);
  await saveModel(modelOf(n), path);
  await pruneModels(path, version);
  assert.ok(
    (await keptModels(path)).some((each) => each.version === version),
    `before day ${n}`,
  );
}

test('models from a time to come do not crowd out those that came after the clock was right again', async ({
  path,
}) => {
  const ahead = Math.ceil((Date.now() - Date.UTC(2026, 0, 1)) / 86_400_000) + 1000;
  for (const n of [ahead, ahead + 1, ahead + 2, ahead + 3, 2, 3]) await replacedStays(path, n);
  for (const n of [4, 5]) await replaceWith(path, n);
  assert.equal(await kept(path), [4, 3, 2]);
  // Months earlier, by a clock that was set back.
  for (const n of [1, 0, -100]) await replacedStays(path, n);
});

test('a version that is not kept is told, with those that are', async ({ path }) => {
  for (const n of [2, 3]) await replaceWith(path, n);
  for (const [version, message] of [
    ['nonsense', /no model of version nonsense is kept; kept: 0{15}2 .*, 0{15}1 /],
    [versionOf(3), /has version 0{15}3 already; kept: 0{15}2/],
  ] as const) {
    const error = await endcapErrorOf(rollBack(path, version));
    assert.is(error.code, 'unknown_version');
    assert.match(error.message, message);
  }
  assert.is(await served(path), 3);
});

test('a damaged kept model is refused before anything changes, wherever it is damaged', async ({ folder, path }) => {
  await replaceWith(path, 2);
  const file = join(folder, `shop.${versionOf(1)}.safetensors`);
  const whole = readFileSync(file);
  const body = Buffer.from(whole);
  body[body.length - 1] ^= 1;
  for (const bytes of [body, whole.subarray(0, 100), Buffer.alloc(0)]) {
    writeFileSync(file, bytes);
    const before = readFileSync(path);
    const error = await endcapErrorOf(rollBack(path, versionOf(1)));
    assert.is(error.code, 'model_unreadable');
    assert.match(error.message, file);
    assert.equal(readFileSync(path), before);
    assert.equal(readdirSync(folder).sort(), [`shop.${versionOf(1)}.safetensors`, 'shop.safetensors']);
  }
});

test('a damaged served model can be rolled back', async ({ path }) => {
  await replaceWith(path, 2);
  truncateSync(path, 50);
  assert.equal(await rollBack(path), { version: versionOf(1), trainedAt: Date.UTC(2026, 0, 1) });
  assert.is(await served(path), 1);
});

test('if the server cannot take it, the file is as it was', async ({ path }) => {
  await replaceWith(path, 2);
  await endcapErrorOf(rollBack(path, undefined, () => loadModel('missing').then(() => {})));
  assert.is(await served(path), 2);
});

test('the models of a file that a link leads to are beside the file', async ({ folder, path }) => {
  await mkdir(join(folder, 'links'));
  const link = join(folder, 'links', 'current');
  symlinkSync(path, link);
  await replaceWith(link, 2);
  assert.equal(readdirSync(join(folder, 'links')), ['current']);
  assert.equal(await kept(link), [1]);
  assert.is((await earlierModel(path)).version, versionOf(1));
});

test('a version that is no name of a file is kept under one', async ({ folder, path }) => {
  const model = modelOf(1);
  await saveModel({ ...model, metadata: { ...model.metadata, version: '../../shop' } }, path);
  await replaceWith(path, 2);
  const [file] = readdirSync(folder).sort();
  assert.match(file, /^shop\.[0-9a-f]{16}\.safetensors$/);
  assert.is((await rollBack(path, '../../shop')).version, '../../shop');
});

test('a model that is served on, since the earlier one could not be, was not rolled back', async ({ path }) => {
  await replaceWith(path, 2);
  const before = await keptModels(path);
  const refused = new Error('no memory');
  assert.is(await rollBack(path, undefined, () => Promise.reject(refused)).catch((error) => error), refused);
  assert.is(await served(path), 2);
  assert.equal(await keptModels(path), before);
});

test.run();
