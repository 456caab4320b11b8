import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { EndcapError } from '../../../src/errors.ts';
import { createThreads } from '../../../src/orders/csv/threads.ts';
import { checkExpansion } from '../../../src/orders/sources/chunks.ts';
import { csv, filesOf, refusal } from '../../dataset/files.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('files of orders');
const { file, folder } = filesOf(test);
const onWindows = process.platform === 'win32';

function pipe(name: string): string {
  const path = join(folder(), name);
  execFileSync('mkfifo', [path]);
  return path;
}

test('gzip that is cut anywhere, or has a byte changed, is an error that says so', async () => {
  const packed = gzipSync(csv);
  for (const length of [3, 10, 40, packed.length - 9, packed.length - 1]) {
    const error = await refusal(await file(`cut-${length}.csv.gz`, packed.subarray(0, length)));
    assert.is(error.code, 'orders_unreadable');
    assert.match(error.message, /is a damaged or truncated gzip file/);
  }
  const changed = Buffer.from(packed);
  changed[changed.length - 6] ^= 1;
  assert.match((await refusal(await file('changed.csv.gz', changed))).message, /damaged/);
});

test('gzip may unpack to 256 MiB, and beyond that to 250 times its size', () => {
  checkExpansion('orders.csv.gz', 1, 2 ** 28);
  checkExpansion('orders.csv.gz', 2 ** 33, 250 * 2 ** 33);
  for (const [packed, unpacked] of [
    [2 ** 20, 2 ** 28 + 1],
    [2 ** 33, 250 * 2 ** 33 + 1],
  ]) {
    assert.throws(
      () => checkExpansion('orders.csv.gz', packed, unpacked),
      (error: unknown) =>
        error instanceof EndcapError && /orders\.csv\.gz unpacks to.*unpack it first/.test(error.message),
    );
  }
});

test('a signal ends waiting for a pipe into which nobody writes, or no longer', async () => {
  // Elsewhere, a system call that waits for a writer cannot be ended.
  if (process.platform !== 'linux') return;
  const silent = pipe('silent.csv');
  assert.is((await refusal(silent, { signal: AbortSignal.timeout(50) })).code, 'aborted');
  const path = pipe('stops.csv');
  const writer = createWriteStream(path);
  writer.write(csv);
  assert.is((await refusal(path, { signal: AbortSignal.timeout(200) })).code, 'aborted');
  writer.destroy();
});

test('a pipe reads like a file, and one that is closed at once is empty', async () => {
  if (onWindows) return;
  const path = pipe('whole.csv');
  const [dataset] = await Promise.all([readOrders(path), writeFile(path, csv)]);
  assert.is(dataset.fingerprint, (await readOrders(await file('whole-file.csv', csv))).fingerprint);
  const empty = pipe('nothing.csv');
  const [error] = await Promise.all([refusal(empty), writeFile(empty, '')]);
  assert.is(error.code, 'no_orders');
});

test('devices, loops, and folders are errors', async () => {
  if (onWindows) return;
  const loop = join(folder(), 'loop.csv');
  await symlink(loop, loop);
  for (const path of [loop, '/dev/null', '/dev/zero', '/proc/self/mem', folder()]) {
    const { code } = await refusal(path);
    assert.ok(['orders_unreadable', 'no_orders'].includes(code), `${path}: ${code}`);
  }
});

test('a file that is emptied while it is read gives what was read, or an error', async () => {
  const line = 'ann,tea,1\n';
  const path = await file('emptied.csv', `customer,product,quantity\n${line.repeat(600_000)}`);
  let emptied = false;
  const onProgress = () => {
    if (!emptied) void truncate(path, 0);
    emptied = true;
  };
  try {
    const { account } = await readOrders(path, { onProgress });
    assert.is(account.read, account.kept + Object.values(account.dropped).reduce((sum, count) => sum + count, 0));
  } catch (error) {
    assert.instance(error, EndcapError);
  }
  await writeFile(path, '');
});

test('a thread that cannot run is an error that says so', async () => {
  const threads = createThreads(1, 'orders.csv')!;
  threads.begin(undefined as never);
  const { result } = threads.clean({ bytes: new Uint8Array(8), length: 0 }, undefined);
  const error = await endcapErrorOf(result);
  assert.is(error.code, 'orders_unreadable');
  assert.match(error.message, /^orders\.csv cannot be read: a thread that reads it does not run/);
  await threads.close();
});

test.run();
