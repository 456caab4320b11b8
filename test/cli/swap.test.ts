import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { saveModel } from '../../src/model/file/file.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { begun } from './serving.ts';

const test = suite<{ cwd: string; path: string }>('another model for endcap serve');
const orders = await readOrders(sampleOrders({ lines: 1000 }));
const [first, second] = await Promise.all(
  [1, 2].map((seed) => fit(orders, { factors: 8, iterations: 2, threads: 1, seed })),
);

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-swap-'));
  context.path = join(context.cwd, 'm.safetensors');
  await saveModel(first, context.path);
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

test('SIGHUP takes it, and says so; a damaged one is told once, and the one before answers', async ({ cwd, path }) => {
  const { child, ran, said, saying } = begun(['serve', 'm.safetensors', '--data', 'shop.db', '--port', '0'], cwd);
  try {
    const [, url] = await saying(/Serving on (\S+) /);
    const version = async () => ((await (await fetch(`${url}/model`)).json()) as { version: string }).version;
    await saveModel(second, path);
    child.kill('SIGHUP');
    const { version: before } = first.metadata;
    const { version: after } = second.metadata;
    await saying(new RegExp(`Model: m\\.safetensors, version ${after} in place of ${before}, in \\S+`));
    assert.is(await version(), after);
    await writeFile(path, (await readFile(path)).subarray(0, 3000));
    child.kill('SIGHUP');
    await saying(/m\.safetensors is truncated: it has 3,000 bytes/);
    assert.is(await version(), after);
    child.kill('SIGTERM');
    assert.is((await ran).code, 0);
    assert.is(said().match(/is truncated/g)!.length, 1);
  } finally {
    child.kill('SIGTERM');
  }
});

test.run();
