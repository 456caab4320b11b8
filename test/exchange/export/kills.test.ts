/** Exports that are killed while they write: what is left is whole, or says that it is not. */
import { watch } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRandom } from '../../../src/random.ts';
import { endcap, picked, start, writeSample } from '../../cli/run.ts';
import { filesOf } from '../../dataset/files.ts';

const test = suite('exports that are killed');
const { folder } = filesOf(test);
const kills = 4;

test('each file is whole, and with model.json all are of one model', async () => {
  const cwd = folder();
  const out = join(cwd, 'out');
  await writeSample(join(cwd, 'orders.csv'), 2000);
  for (const factors of ['32', '64']) {
    const train = [
      'train',
      'orders.csv',
      ...picked,
      '--factors',
      factors,
      '--iterations',
      '1',
      '-o',
      `${factors}.model`,
    ];
    assert.is((await endcap(train, { cwd })).code, 0);
  }
  await mkdir(out);
  const random = createRandom(7);
  for (let kill = 0; kill < kills; kill++) {
    const { child, ran } = start(['export', `${kill % 2 ? 32 : 64}.model`, '-o', 'out', '--quiet'], { cwd });
    const watcher = watch(out, async () => {
      watcher.close();
      await setTimeout(random.below(25));
      child.kill('SIGKILL');
    });
    await ran;
    watcher.close();
    const names = await readdir(out);
    const versions = new Set<string>();
    for (const name of names.filter((name) => name.endsWith('.parquet'))) {
      const file = await asyncBufferFromFile(join(out, name));
      const { key_value_metadata, num_rows } = await parquetMetadataAsync(file);
      assert.is((await parquetReadObjects({ file })).length, Number(num_rows));
      versions.add(key_value_metadata![0].value!);
    }
    if (!names.includes('model.json')) continue;
    const { version } = JSON.parse(await readFile(join(out, 'model.json'), 'utf8'));
    assert.equal([...versions], [version]);
  }
  // Whoever comes next removes what was left behind.
  assert.is((await endcap(['export', '32.model', '-o', 'out'], { cwd })).code, 0);
  const all = ['customers.parquet', 'model.json', 'pairs.parquet', 'products.parquet'];
  assert.equal((await readdir(out)).sort(), all);
});

test.run();
