/** What a run loads: the code of what it is asked for, and not all of Endcap. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { saveModel } from '../../src/model/file/file.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { writeSample } from './run.ts';

const test = suite<{ cwd: string }>('what a run loads');

const root = new URL('../../', import.meta.url);
const main = fileURLToPath(new URL('dist/cli/main.js', root));
/** Node imports it before the program: it writes the URL of each module into the file `modules`. */
const recorder = `import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(\`
  import { appendFileSync } from 'node:fs';
  export function load(url, context, next) {
    appendFileSync('modules', url + '\\\\n');
    return next(url, context);
  }
\`));`;

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-loading-'));
  await writeFile(join(context.cwd, 'recorder.mjs'), recorder);
  await writeSample(join(context.cwd, 'orders.csv'), 500);
  const lines = [...sampleOrders({ lines: 500 })];
  await writeFile(join(context.cwd, 'orders.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
  const model = await fit(await readOrders(lines), { factors: 8, iterations: 1, threads: 1 });
  await saveModel(model, join(context.cwd, 'm.safetensors'));
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

/** The modules that the built command loads: `cli/main`, or the name of a package. */
async function loaded(cwd: string, args: string[], status = 0): Promise<string[]> {
  const modules = join(cwd, 'modules');
  await rm(modules, { force: true });
  const ran = spawnSync(process.execPath, ['--import', './recorder.mjs', main, ...args], { cwd, encoding: 'utf8' });
  assert.is(ran.status, status, ran.stderr);
  const urls = (await readFile(modules, 'utf8')).trim().split('\n');
  const own = new URL('dist/', root).href;
  const names = urls
    .filter((url) => url.startsWith('file:'))
    .map((url) =>
      url.startsWith(own)
        ? url.slice(own.length).replace(/\.js$/, '')
        : url.replace(/^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/.*$/, '$1'),
    );
  return [...new Set(names)];
}

const within = (names: readonly string[], ...places: string[]) =>
  names.filter((name) => places.some((place) => name === place || name.startsWith(`${place}/`)));

test('--version is two files', async ({ cwd }) => {
  assert.equal(await loaded(cwd, ['--version']), ['cli/main', 'version']);
});

test('each command of the help loads its own file alone', async ({ cwd }) => {
  const help = spawnSync(process.execPath, [main, '--help'], { encoding: 'utf8' }).stdout;
  const [list] = help.split('Commands:\n')[1].split('\n\n');
  const names = Array.from(list.matchAll(/^ {2}([a-z][a-z-]*) /gm), ([, name]) => name);
  assert.ok(names.length > 15 && names.includes('together'), help);
  for (const name of names.filter((name) => name !== 'help')) {
    const own = within(await loaded(cwd, [name, '--help']), 'cli/commands');
    assert.equal(own, [`cli/commands/${name === 'similar-customers' ? 'similar' : name}`], name);
  }
});

test('recommend loads no code that reads orders, trains, measures, or serves, and one library', async ({ cwd }) => {
  const names = await loaded(cwd, ['recommend', 'm.safetensors', '10276']);
  assert.equal(within(names, 'cli/commands'), ['cli/commands/recommend']);
  assert.equal(within(names, 'recommending/create', 'model/file/file', 'kernel/open').length, 3);
  const packages = names.filter((name) => !name.includes('/') || name.startsWith('@'));
  assert.equal(
    packages
      .filter(
        (name) =>
          !['bytes', 'errors', 'files', 'hash', 'options', 'random', 'turns', 'version', 'wording'].includes(name),
      )
      .sort(),
    ['@assemblyscript/loader', 'commander', 'own-files', 'temporary-files'],
  );
  const elsewhere = ['server', 'tuning', 'evaluation', 'measuring', 'sample', 'dataset/read', 'dataset/build'];
  assert.equal(within(names, ...elsewhere), []);
  assert.equal(within(names, 'orders').sort(), [
    'orders/cleaning/cells',
    'orders/cleaning/ids',
    'orders/columns/roles',
    'orders/times/calendar',
  ]);
});

const otherFormats = [
  'orders/parquet',
  'orders/joins',
  'orders/json/objects',
  'orders/sources/zip',
  'orders/sources/given',
];

test('reading a plain CSV file loads no reader of another format, and no library for it', async ({ cwd }) => {
  const names = await loaded(cwd, ['inspect', 'orders.csv']);
  assert.equal(within(names, 'orders/csv/read'), ['orders/csv/read']);
  assert.equal(within(names, ...otherFormats, 'yauzl', 'hyparquet', 'valibot', 'tinyglobby'), []);
  assert.equal(within(names, 'orders/json'), ['orders/json/names']);
  assert.equal(within(names, 'server', 'tuning', 'training', 'recommending'), []);
  assert.equal(within(await loaded(cwd, ['inspect', 'orders.jsonl']), ...otherFormats), ['orders/json/objects']);
});

test('train loads no library but those of the command line and the kernel', async ({ cwd }) => {
  const options = ['-o', 'trained.safetensors', '--factors', '8', '--iterations', '1', '--fast'];
  const names = await loaded(cwd, ['train', 'orders.csv', ...options]);
  assert.equal(within(names, 'cli/commands', 'training/als'), ['cli/commands/train', 'training/als']);
  assert.equal(within(names, ...otherFormats, 'valibot', 'hyparquet', 'server', 'evaluation'), []);
});

test('serve loads no code that reads orders or tunes', async ({ cwd }) => {
  const names = await loaded(cwd, ['serve', 'missing.safetensors'], 1);
  assert.equal(within(names, 'server/serve'), ['server/serve']);
  assert.equal(within(names, 'tuning', 'evaluation', 'measuring', 'orders/sources', 'orders/csv', 'dataset/read'), []);
});

test('help names all commands, also after a word that is none', async ({ cwd }) => {
  for (const args of [['--help'], ['-h'], ['help', 'info']]) {
    const names = await loaded(cwd, args);
    assert.is(within(names, 'cli/commands').length, 19, args.join(' '));
  }
});

test.run();
