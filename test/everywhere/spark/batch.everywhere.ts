/** The example that makes lists on Spark, as its page says. */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleCsv } from '../../../src/index.ts';
import { install, root, run } from '../../support/commands.ts';
import { testUnless } from '../../support/skip.ts';
import { newProject, packedPackage } from '../packed.ts';
import { sparkTool, submitting } from './spark.ts';

const test = suite('lists on Spark');
const spark = await sparkTool();
const { tarball, absent: unpacked } = await packedPackage();
const { folder: cwd } = await newProject();
const absent = spark.absent ?? unpacked;

const example = join(root, 'test/examples/spark');

async function rowsOf(...path: string[]): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({ file: await asyncBufferFromFile(join(cwd, ...path)), compressors });
}

async function listsIn(folder: string): Promise<Record<string, unknown>[]> {
  const parts = (await readdir(join(cwd, folder))).filter((name) => name.endsWith('.parquet')).sort();
  const rows = [];
  for (const part of parts) rows.push(...(await rowsOf(folder, part)));
  return rows;
}

testUnless(test, absent, 'the commands of the page write the lists that one process writes', async () => {
  await mkdir(join(cwd, 'tmp'));
  await writeFile(join(cwd, 'orders.csv'), [...sampleCsv({ lines: 5000 })].join(''));
  for (const name of await readdir(example)) await cp(join(example, name), join(cwd, name));
  const page = await readFile(join(example, 'README.md'), 'utf8');
  const [first, ...commands] = /^```sh\n(.*?)\n```$/ms.exec(page)![1].split('\n');
  assert.is(first, 'npm install endcap');
  assert.is(await install([tarball], cwd), undefined);
  const env = await submitting(spark, join(cwd, 'tmp'), 'local[2,4]');
  const { code, stderr } = await run('sh', ['-ec', commands.join('\n')], { cwd, env, seconds: 600 });
  assert.is(code, 0, stderr.slice(-3000));

  const options = /--shards \d+ (.*)$/.exec(commands.at(-1)!)![1].split(' ');
  const whole = ['endcap', 'batch', 'model.safetensors', '-o', 'whole.parquet', ...options];
  assert.is((await run('npx', whole, { cwd })).code, 0);
  assert.equal(await listsIn('lists'), await rowsOf('whole.parquet'));
});

test.run();
