import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bytesOf } from '../../../src/bytes.ts';
import type { EndcapError } from '../../../src/errors.ts';
import { type ElementsConstructor, type Memory, ownMemory } from '../../../src/kernel/memory.ts';
import { createHasher } from '../../../src/model/file/checksum.ts';
import { loadModel, loadWith, saveModel } from '../../../src/model/file/file.ts';
import { decodeModel } from '../../../src/model/file/format.ts';
import { readOnThreads } from '../../../src/model/file/threads.ts';
import type { Numbers } from '../../../src/model/tensors.ts';
import { packedIn } from '../../../src/model/texts.ts';
import { randomModel, zipfDataset } from '../../bench/data.ts';
import { testUnless } from '../../support/skip.ts';
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

test('a model that threads read is the same, in shared memory, and checked just as well', async ({ directory }) => {
  const path = join(directory, 'large.safetensors');
  // Three pieces, and tensors that begin and end within one.
  const model = randomModel(zipfDataset(7001, 5003, 200_000), 33);
  await saveModel(model, path);
  const inline = await loadWith(path, { leastForThreads: Number.POSITIVE_INFINITY });
  const read = await loadWith(path, { leastForThreads: 0 });
  const kept = await loadWith(path, { leastForThreads: 0, keepsBytes: true });
  const keptInline = await loadWith(path, { leastForThreads: Number.POSITIVE_INFINITY, keepsBytes: true });
  assertSame(read, inline);
  assert.instance(read.customerFactors.buffer, SharedArrayBuffer);
  const again = join(directory, 'again.safetensors');
  await saveModel(read, again);
  const bytes = await readFile(path);
  assert.equal(await readFile(again), bytes);
  assert.ok(packedIn(kept) && packedIn(keptInline) && !packedIn(read));
  for (const { customers, products, productInfo, ...rest } of [kept, keptInline])
    assertSame({ ...rest, customers: [...customers], products: [...products], productInfo: [...productInfo] }, inline);
  await saveModel(kept, again);
  assert.equal(await readFile(again), bytes);
  for (const at of [bytes.length - 1, bytes.length >> 1, 2 ** 20]) {
    const damaged = Buffer.from(bytes);
    damaged[at] ^= 1;
    await writeFile(path, damaged);
    assert.is((await errorOf(loadWith(path, { leastForThreads: 0 }))).details.reason, 'checksum');
  }
});

test('a file that is replaced, overwritten, or cut while it is read gives the model it was, the one it is, or an error', async ({
  directory,
}) => {
  const path = join(directory, 'shop.safetensors');
  const dataset = zipfDataset(3000, 20_000, 30_000);
  const files: Buffer[] = [];
  for (const seed of [1, 2]) {
    await saveModel(randomModel(dataset, 32, seed), path);
    files.push(await readFile(path));
  }
  const ends = new Set<unknown>();
  for (const leastForThreads of [0, Number.POSITIVE_INFINITY])
    for (const change of ['replace', 'overwrite', 'cut'])
      for (const turns of [0, 1, 5, 25, 125]) {
        await writeFile(path, files[0]);
        const loading = loadWith(path, { leastForThreads }).then(
          ({ productFactors }) => productFactors[0],
          ({ code, details }) => `${code} ${details.reason}`,
        );
        for (let i = 0; i < turns; i++) await new Promise(setImmediate);
        if (change === 'cut') await truncate(path, files[0].length >> 1);
        else if (change === 'overwrite') await writeFile(path, files[1]);
        else {
          await writeFile(`${path}.new`, files[1]);
          await rename(`${path}.new`, path);
        }
        ends.add(await loading);
      }
  const [first, second] = await Promise.all(files.map(async (file) => (await decodeModel(file)).productFactors[0]));
  assert.ok(ends.has(first));
  for (const end of ends)
    if (end !== first && end !== second)
      assert.match(String(end), /^model_unreadable (checksum|truncated|empty|tensors)$/);
});

test('threads fill the parts of a file, some first, and find its checksum', async ({ directory }) => {
  const path = join(directory, 'bytes');
  const bytes = Uint8Array.from({ length: 3 * 2 ** 20 + 5 }, (_, i) => i * 31 + (i >> 8));
  await writeFile(path, bytes);
  const hasher = createHasher();
  await hasher.add(bytes);
  const checksum = await hasher.finish();
  const file = await open(path);
  for (const threads of [1, 3]) {
    const lengths = [100, 0, 2 ** 20, 7, 2 ** 21 + 5 - 107];
    const parts = lengths.map((length) => {
      const type: ElementsConstructor<Numbers> = length % 4 === 0 ? Float32Array : Uint8Array;
      return new type(new SharedArrayBuffer(length), 0, length / type.BYTES_PER_ELEMENT);
    });
    bytesOf(parts[0]).set(bytes.subarray(0, 100));
    let early = 0;
    const onEarly = () => {
      early++;
      assert.ok(Buffer.from(bytesOf(parts[3])).equals(bytes.subarray(2 ** 20 + 100, 2 ** 20 + 107)));
    };
    assert.is(await readOnThreads(file.fd, parts, new Set([parts[1], parts[3]]), onEarly, [], {}, threads), checksum);
    assert.is(early, 1);
    assert.ok(Buffer.concat(parts.map((part) => bytesOf(part))).equals(bytes));
  }
  await file.close();
});

const gibibytes = 4.5;
const small = totalmem() < gibibytes * 2 ** 30 ? 'this machine has less memory than the arrays' : undefined;

testUnless(test, small, 'arrays that lie beyond 4 GiB of a buffer are read and saved', async ({ directory }) => {
  // The system gives the pages that are touched.
  const buffer = new SharedArrayBuffer(gibibytes * 2 ** 30);
  let place = 2 ** 32;
  const memory: Memory = {
    ...ownMemory,
    allocate(type, length) {
      const array = new type(buffer, place, length);
      place += 64 * Math.ceil(array.byteLength / 64);
      return array;
    },
  };
  const [path, copy] = [join(directory, 'near'), join(directory, 'far')];
  await saveModel(randomModel(zipfDataset(30_000, 70, 100_000), 16), path);
  for (const leastForThreads of [0, Number.POSITIVE_INFINITY]) {
    const model = await loadWith(path, { memory, leastForThreads });
    assert.ok(model.customerFactors.byteOffset >= 2 ** 32);
    await saveModel(model, copy);
    assert.ok((await readFile(copy)).equals(await readFile(path)));
  }
});

test('what threads cannot read is read without them, so that the reason is told', async ({ directory }) => {
  const path = join(directory, 'short');
  await writeFile(path, new Uint8Array(100));
  const file = await open(path);
  const parts = [60, 50].map((length) => new Uint8Array(new SharedArrayBuffer(length)));
  assert.is(await readOnThreads(file.fd, parts, new Set(), () => {}), undefined);
  await file.close();
  const damaged = await errorOf(loadWith(path, { leastForThreads: 0 }));
  assert.is(damaged.details.reason, 'not_safetensors');
});

test.run();
