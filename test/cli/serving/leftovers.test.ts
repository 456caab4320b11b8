/** What servers that cannot begin leave behind: nothing that was not there before. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import { saveModel } from '../../../src/model/file/file.ts';
import { smallModel } from '../../model/models.ts';
import { line } from '../../support/purchases.ts';
import { endcap, start, writeSample } from '../run.ts';

const test = suite<{ cwd: string; before: string[] }>('what servers that cannot begin leave');

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-leftovers-'));
  await saveModel(await smallModel(), join(context.cwd, 'm.safetensors'));
  await writeFile(join(context.cwd, 'text'), 'neither a model, nor anything else');
  await writeSample(join(context.cwd, 'orders.csv'), 500);
  context.before = await readdir(context.cwd);
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

/** A port that is taken until the function ends. */
async function withPort(work: (port: string) => Promise<void>): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(String((server.address() as { port: number }).port));
  } finally {
    server.close();
  }
}

const serve = (model: string, ...more: string[]) => ['serve', model, '--data', 'new.db', '--port', '0', ...more];

for (const [why, args] of Object.entries({
  'without a model': serve('missing.safetensors'),
  'with a file that is no model': serve('text'),
  'without its product file': serve('m.safetensors', '--catalogue', 'missing.csv'),
  'with a file of scenarios that has none': serve('m.safetensors', '--scenarios', 'text'),
  'without its keys': serve('m.safetensors', '--keys', 'missing.json'),
  'over a file that is no store': ['serve', 'm.safetensors', '--data', 'orders.csv', '--port', '0'],
  'without orders': ['start', 'missing.csv', '--folder', 'a/b', '--port', '0'],
  'with orders that are none': ['start', 'text', '--port', '0'],
})) {
  test(`nothing ${why}`, async ({ cwd, before }) => {
    const { code, stderr } = await endcap(args, { cwd });
    assert.is(code, 1, stderr);
    assert.equal(await readdir(cwd), before);
  });
}

test('nothing where the port is taken', ({ cwd, before }) =>
  withPort(async (port) => {
    for (const args of [serve('m.safetensors'), serve('m.safetensors', '--workers', '2'), ['start', 'orders.csv']]) {
      const { code, stderr } = await endcap([...args, '--port', port], { cwd });
      assert.is(code, 1, stderr);
      assert.match(stderr, /another program uses the port/);
      assert.equal(await readdir(cwd), before);
    }
  }));

test('nothing of a start that is stopped while it trains', async ({ cwd, before }) => {
  let isStopped = false;
  const { child, ran } = start(['start', '--folder', 'a/b', '--port', '0'], {
    cwd,
    onStderr(text) {
      if (!isStopped && text.includes('Training on')) isStopped = child.kill('SIGINT');
    },
  });
  const { code, stderr } = await ran;
  assert.is(code, 130, stderr);
  assert.equal(await readdir(cwd), before);
});

test('a store that was there keeps what it has', ({ cwd }) =>
  withPort(async (port) => {
    const store = await openSqliteStore(join(cwd, 'new.db'));
    await store.append({ purchases: [line()] });
    await store.close();
    assert.is((await endcap(serve('missing.safetensors'), { cwd })).code, 1);
    assert.is((await endcap([...serve('m.safetensors'), '--port', port], { cwd })).code, 1);
    const again = await openSqliteStore(join(cwd, 'new.db'));
    assert.is(await again.lastSeq(), 1);
    await again.close();
  }));

test.run();
