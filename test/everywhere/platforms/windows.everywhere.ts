/** Windows, whose Node runs under wine. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleCsv } from '../../../src/sample/sample.ts';
import { testUnless } from '../../support/skip.ts';
import { glibcX64, libraryX64, renamedX64, windowsX64 } from './hosts.ts';
import { bytesOf, locallyBuiltOn, type Platform, prebuiltOn, projectWith, runOn, testPlatform } from './platform.ts';

const test = suite('platforms: Windows on x64');
const here = locallyBuiltOn(await glibcX64());
const windows = await prebuiltOn(await windowsX64());
// Under wine, Node cannot connect to a port of this machine, as the tests that are left out do.
await testPlatform(test, windows, [here], { files: /^(?!web\/open\.)/ });

const command = 'node_modules/endcap/dist/cli/main.js';
const training = ['--factors', '16', '--iterations', '2', '--seed', '1', '--fast', '--quiet'];

/** A shop that trains twice into the same file and writes lists: what these are, and which files there are then. */
async function shop({ host, binary }: Platform): Promise<{ lists: string; files: string[] }> {
  const project = await projectWith(binary);
  try {
    const endcap = (...args: string[]) => runOn(host, project, [command, ...args]);
    await mkdir(join(project, 'exports of May'));
    await mkdir(join(project, 'models'));
    let csv = '';
    for (const line of sampleCsv({ lines: 2000 })) csv += line;
    await writeFile(join(project, 'exports of May', 'orders-1.csv'), `\uFEFF${csv.replaceAll('\n', '\r\n')}`);
    const orders = join(project, 'exports of May', 'orders-*.csv');
    const model = join('models', 'model.safetensors');
    for (let i = 0; i < 2; i++) await endcap('train', host.pathOf(orders), '-o', host.pathOf(model), ...training);
    await endcap('batch', host.pathOf(model), '-o', host.pathOf(join('models', 'lists.csv')), '--quiet');
    const lists = await readFile(join(project, 'models', 'lists.csv'), 'utf8');
    return { lists, files: (await readdir(join(project, 'models'))).sort() };
  } finally {
    await rm(project, { recursive: true });
  }
}

const absent = windows.absent ?? here.absent;
testUnless(
  test,
  absent,
  'the command reads an export of Windows, replaces a model, and writes the same lists as here',
  async () => {
    const [there, expected] = [await shop(windows as Platform), await shop(here as Platform)];
    assert.equal(there.files, ['lists.csv', 'model.safetensors']);
    assert.is(there.lists, expected.lists);
  },
);

// Where Node is neither node.exe nor, in the second, the program at all.
for (const [what, found] of [
  ['a program of another name', await renamedX64()],
  ['libnode.dll', await libraryX64()],
] as const) {
  const elsewhere = await prebuiltOn(found);
  testUnless(
    test,
    elsewhere.absent ?? here.absent,
    `with Node in ${what}, the same binary learns the same`,
    async () => {
      const { host, learned } = elsewhere as Platform;
      const [smoke] = await learned();
      assert.equal([smoke.kernel.backend, smoke.kernel.isa, smoke.failed], ['native', host.isas[0], []]);
      const [expected] = await (here as Platform).learned();
      assert.equal(bytesOf(smoke), bytesOf(expected));
    },
  );
}

test.run();
