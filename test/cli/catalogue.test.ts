import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { saveModel } from '../../src/model/file/file.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { endcap } from './run.ts';
import { begun } from './serving.ts';

const test = suite<{ cwd: string }>('endcap serve --catalogue');
const model = await fit(await readOrders(sampleOrders({ lines: 2000 })), { factors: 8, iterations: 2, threads: 1 });
const sold = model.products.slice(0, 40);

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-catalogue-'));
  await saveModel(model, join(context.cwd, 'm.safetensors'));
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

const write = (cwd: string, soldOut: string[], ids: readonly string[] = sold) =>
  writeFile(
    join(cwd, 'products.csv'),
    `Artikelnummer;Bezeichnung;Preis;Bestand\n${ids.map((id) => `${id};Nr ${id};9,90;${soldOut.includes(id) ? 0 : 3}`).join('\n')}\n`,
  );

async function listed(url: string): Promise<string[]> {
  const response = await fetch(`${url}/recommend`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"user_id": "nobody", "num_recommendations": 1000}',
  });
  const { recommendations } = (await response.json()) as { recommendations: { product: string }[] };
  return recommendations.map(({ product }) => product).sort();
}

for (const store of [[], ['--data', 'shop.db']])
  test(`SIGHUP reads the file again${store.length > 0 ? ', with a store' : ''}`, async ({ cwd }) => {
    await write(cwd, []);
    const { child, ran, said, saying } = begun(
      ['serve', 'm.safetensors', '--catalogue', 'products.csv', '--port', '0', ...store],
      cwd,
    );
    try {
      const [, url] = await saying(/Serving on (\S+) /);
      assert.match(said(), /Catalogue: products\.csv, 40 products by 'Artikelnummer', of which the model knows 40, /);
      assert.equal(await listed(url), sold);
      await write(cwd, [sold[7]]);
      child.kill('SIGHUP');
      await saying(/ 1 product changed\n {2}\d+ products of the model not in the file, and so not listed\n/);
      assert.equal(
        await listed(url),
        sold.filter((id) => id !== sold[7]),
      );
      await write(cwd, [], sold.slice(0, 5));
      child.kill('SIGHUP');
      await saying(/products\.csv would leave 5 of the 39 products that it listed/);
      assert.is((await listed(url)).length, 39);
    } finally {
      child.kill('SIGTERM');
    }
    assert.is((await ran).code, 0);
  });

test('a file with few products that the model knows is read, with advice', async ({ cwd }) => {
  const ids = [sold[0], ...Array.from({ length: 11 }, (_, i) => `X${i}`)];
  await write(cwd, [], ids);
  const ran = await endcap(['serve', 'm.safetensors', '--catalogue', 'products.csv', '--port', '0'], {
    cwd,
    onStderr: (text, child) => /Serving on/.test(text) && child.kill('SIGTERM'),
  });
  assert.match(ran.stderr, /knows 1, and .*The model\s+knows few of them: /s);
});

test('a file that cannot be read ends the start', async ({ cwd }) => {
  await writeFile(join(cwd, 'products.csv'), 'sku,name\nX1,One\n');
  const ran = await endcap(['serve', 'm.safetensors', '--catalogue', 'products.csv', '--port', '0'], { cwd });
  assert.is(ran.code, 1);
  assert.match(ran.stderr, /error: no column of products\.csv has the ids of the model's products.*tried 'sku' \(X1\)/);
});

test.run();
