import { renameSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { saveModel } from '../../src/model/file/file.ts';
import { createRandom } from '../../src/random.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { begun, send } from './serving.ts';

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

test('whatever is put in the place of the file, the model before answers, and a whole file is taken again', async ({
  cwd,
  path,
}) => {
  const random = createRandom(1);
  await saveModel(first, path);
  const whole = await readFile(path);
  await saveModel(second, path);
  const { child, ran, saying } = begun(['serve', 'm.safetensors', '--data', 'shop.db', '--port', '0'], cwd);
  let replacing: NodeJS.Timeout | undefined;
  try {
    const [, url] = await saying(/Serving on (\S+) /);
    const reload = async () => {
      const response = await fetch(`${url}/admin/reload`, { method: 'POST' });
      return { status: response.status, text: await response.text() };
    };
    const changed = () => {
      const copy = Buffer.from(whole);
      copy[random.below(copy.length)] ^= 1 << random.below(8);
      return copy;
    };
    const another = await modelOf(3);
    const put: [() => unknown, RegExp][] = [
      [() => writeFile(path, ''), /is empty/],
      [() => mkdir(path), /is a directory/],
      [() => symlink('m.safetensors', path), /links lead back to themselves/],
      [() => symlink('/dev/zero', path), /is not a file/],
      [() => {}, /does not exist/],
      [() => saveModel(another, path), /may be that of another shop/],
      [() => writeFile(path, atVersion(whole, 0)), /format/],
      [() => writeFile(path, atVersion(whole, 9)), /format/],
      ...Array.from({ length: 25 }, (): [() => unknown, RegExp] => [
        () => writeFile(path, whole.subarray(0, 1 + random.below(whole.length - 1))),
        /is truncated|header/,
      ]),
      ...Array.from({ length: 25 }, (): [() => unknown, RegExp] => [
        () => writeFile(path, changed()),
        /m\.safetensors (was|is|has) /,
      ]),
    ];
    for (const [change, reason] of put) {
      await rm(path, { recursive: true });
      await change();
      const { status, text } = await reload();
      assert.ok(status === 422 || status === 409, text);
      assert.match(JSON.parse(text).error.message, reason);
      const about = await send(url, 'GET', '/admin/status');
      assert.match(about.model.refused.reason, reason);
      assert.is(about.model.version, second.metadata.version);
      assert.is((await send(url, 'POST', '/recommend', { user_id: second.customers[0] })).recommendations.length, 5);
      if (reason.source === 'does not exist') await writeFile(path, '');
    }
    const { refusals } = (await send(url, 'GET', '/admin/status')).model;
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, `endcap_model_swaps_total{result="refused"} ${refusals}\n`);
    // Replaced again and again while it is loaded.
    await writeFile(path, whole);
    let turns = 0;
    replacing = setInterval(() => {
      const next = [whole, whole.subarray(0, whole.length / 2)][turns++ % 2];
      writeFileSync(`${path}.next`, next);
      renameSync(`${path}.next`, path);
    }, 3);
    for (let i = 0; i < 10; i++) {
      const { status, text } = await reload();
      assert.ok(status === 200 || /is truncated/.test(text), `${status} ${text}`);
    }
    clearInterval(replacing);
    await writeFile(path, whole);
    assert.is((await reload()).status, 200);
    assert.is((await send(url, 'GET', '/admin/status')).model.version, first.metadata.version);
    child.kill('SIGTERM');
    assert.is((await ran).code, 0);
  } finally {
    clearInterval(replacing);
    child.kill('SIGTERM');
  }
});

/** A model of a shop that has no customer and no product of the others. */
async function modelOf(seed: number) {
  const lines = [...sampleOrders({ lines: 1000, seed })];
  const others = lines.map((line) => ({
    ...line,
    customer_id: `x${line.customer_id}`,
    product_id: `x${line.product_id}`,
  }));
  return fit(await readOrders(others), { factors: 8, iterations: 2, threads: 1 });
}

/** The file as another version of its format would say, of the same length. */
function atVersion(file: Buffer, version: number): Buffer {
  const found = /"format_version":"(\d)"/.exec(file.toString('latin1'))!;
  const copy = Buffer.from(file);
  copy.write(String(version), found.index + found[0].indexOf(found[1], '"format_version"'.length), 'latin1');
  return copy;
}

test.run();
