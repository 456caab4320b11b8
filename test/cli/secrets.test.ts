import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { testUnless } from '../support/skip.ts';
import { endcap, start } from './run.ts';

const test = suite('secrets on the command line');
const cwd = mkdtempSync(join(tmpdir(), 'endcap-secrets-'));

test('are in no error, as text or as JSON, wherever an address was put', async () => {
  const addresses = ['postgres', 'mongodb', 'jdbc:mysql'].map(
    (kind) => `${kind}://ann:s3cret@127.0.0.1:1/shop?key=s3cret`,
  );
  const commands = addresses.flatMap((address) => [
    ['train', address],
    ['train', address, '--table', 'orders', '--json'],
    ['inspect', address, '--query', 'select 1', '--json'],
    ['info', address],
    ['serve', address],
    ['batch', address, '--json', '-o', 'lists.csv'],
    ['recommend', address, '5', '--nothing', address],
    ['train', 'orders.csv', '-o', address],
    ['train', 'orders.csv', '--join', address],
    ['train', 'orders.csv', `--factors=${address}`],
    ['evaluate', 'orders.csv', '--format', address],
    ['retrain', 'model.safetensors', '--orders', address, '--data', address],
  ]);
  const query = 'https://ann:s3cret@127.0.0.1:1/orders.parquet?X-Signature=s3cret';
  const other = commands.concat([
    ['train', query],
    ['inspect', query, 'missing.csv', '--json'],
    ['retrain', 'model.safetensors', '--orders', query],
    ['train', 'orders.csv', '--join', `${query} on order_id`],
    ['inspect', 'mysql://ann:s3cret@127.0.0.1:1/shop?password=s3cret', '--table', 'orders'],
  ]);
  const texts = await Promise.all(
    other.map(async (command) => {
      const { code, stdout, stderr } = await endcap(command, { cwd });
      assert.ok(code! > 0, command.join(' '));
      return { command, told: `${stderr}${stdout}` };
    }),
  );
  for (const { command, told } of texts) assert.not.match(told, 's3cret', command.join(' '));
});

const isLinux = process.platform === 'linux';

testUnless(test, isLinux ? undefined : 'no /proc here', 'are not in the name of the process', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const [before, after] = ['postgres://ann:s3cret@', `127.0.0.1:${port}/shop`];
  for (const write of [
    (address: string) => ['inspect', address, '--table', 'orders'],
    (address: string) => ['batch', 'model.safetensors', `--output=${address}`, '--table', 'lists'],
    (address: string) => ['batch', 'model.safetensors', `-o${address}`, '--table', 'lists'],
  ]) {
    const { child, ran } = start(write(before + after), { cwd });
    const [socket] = await once(silent, 'connection');
    const name = readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').replaceAll('\0', '');
    assert.is(name, ['endcap', ...write(`postgres://${after}`)].join(' '));
    child.kill('SIGINT');
    assert.is((await ran).code, 130);
    socket.destroy();
  }
  silent.close();
});

test.after(() => rmSync(cwd, { recursive: true }));

test.run();
