/** Files of the package that code loads while it runs: that bundlers find them, and what a program does that was bundled without. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCatalogueFile } from '../src/live/catalogue-file/thread.ts';
import { openModelFile } from '../src/live/erasing/model-file.ts';
import { openSqliteStore } from '../src/live/store/sqlite/sqlite.ts';
import { serveWorkers } from '../src/server/workers/serve-workers.ts';
import { endcapErrorOf } from './support/errors.ts';
import { withoutWorkers } from './support/workers.ts';

const test = suite('own files');
const root = fileURLToPath(new URL('..', import.meta.url));
const temp = mkdtempSync(join(tmpdir(), 'endcap-own-files-'));
test.after(() => rmSync(temp, { recursive: true }));

/** All that run on Node. */
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => file.split(sep).join('/'))
  .filter((file) => file.endsWith('.ts') && !/^(kernel|recommending)\/web\//.test(file));

/** The files that are named in the sources, with their URLs. */
const named = sources.flatMap((source) => {
  const text = readFileSync(join(root, 'src', source), 'utf8');
  const found = text.matchAll(/\[\s*'([^']+)',\s*\(_\) => new URL\('([^']+)', import\.meta\.url\),?\s*\]/g);
  return [...found].map(([, path, url]) => ({ path, beside: join('src', dirname(source), url) }));
});

test('the URL of each file, which bundlers see, is that of its path, which others take', () => {
  for (const { path, beside } of named) assert.is(beside.split(sep).join('/'), path);
  assert.ok(named.length >= 16, String(named.length));
});

test('each script of a thread or a process is named, and each name is that of a script', () => {
  const scripts = sources.filter((source) => /(^|\/)(worker|child)\.ts$/.test(source)).sort();
  const names = named.map(({ path }) => path).filter((path) => path.startsWith('dist/'));
  assert.equal(names.map((path) => path.replace(/^dist\/(.+)\.js$/, '$1.ts')).sort(), scripts);
});

interface Said {
  kernel?: { backend: string; failed: string[] };
  lists?: unknown;
  error?: string;
  warnings: string[];
}

const program = `
  import { createRecommender, readOrders, sampleOrders, train } from ${JSON.stringify(join(root, 'src/index.ts'))};
  const warnings = [];
  process.on('warning', ({ name, message }) => { if (name === 'EndcapWarning') warnings.push(message); });
  async function main() {
    try {
      const dataset = await readOrders(sampleOrders({ lines: 500 }));
      const model = await train(dataset, { algorithm: 'als', factors: 16, iterations: 1, regularization: 0.1, alpha: 1, threads: 2 });
      const recommender = createRecommender(model, { threads: 2 });
      const { backend, failed } = recommender.kernel;
      const lists = await recommender.recommend(dataset.customers[0], { n: 3 });
      await recommender.close();
      await new Promise((resolve) => setImmediate(resolve));
      return { kernel: { backend, failed: failed.map(({ what }) => what) }, lists, warnings };
    } catch (error) {
      return { error: String(error.message), warnings };
    }
  }
  main().then((said) => console.log(JSON.stringify(said)));
`;

for (const format of ['esm', 'cjs'] as const) {
  const folder = join(temp, format);
  const file = join(folder, format === 'esm' ? 'server.mjs' : 'server.cjs');

  const run = (env: NodeJS.ProcessEnv = {}): Promise<Said> =>
    new Promise((resolve, reject) => {
      execFile(process.execPath, [file], { cwd: folder, env: { ...process.env, ...env } }, (error, stdout, stderr) => {
        if (error) reject(new Error(stderr));
        else resolve(JSON.parse(stdout));
      });
    });

  test.before(async () => {
    await build({
      stdin: { contents: program, resolveDir: root },
      bundle: true,
      platform: 'node',
      format,
      outfile: file,
      logLevel: 'error',
      banner:
        format === 'esm'
          ? { js: "import { createRequire as of } from 'node:module'; const require = of(import.meta.url);" }
          : {},
    });
  });

  test(`a bundle (${format}) without the files starts, and says what to do when it needs them`, async () => {
    const { error } = await run();
    assert.match(error!, /no (wasm )?kernel runs here.*wasm\/endcap\.simd\.wasm: no such file/s);
    assert.match(error!, /Leave endcap out of the bundle \(esbuild: --external:endcap.*or set ENDCAP_PACKAGE/s);
  });

  test(`ENDCAP_PACKAGE gives them to a bundle (${format}), and threads as well`, async () => {
    const { kernel, lists, error, warnings } = await run({ ENDCAP_PACKAGE: root });
    assert.is(error, undefined);
    // Node 20 has no relaxed SIMD.
    assert.equal(
      kernel!.failed.filter((what) => what !== 'wasm, build/wasm/endcap.relaxed.wasm'),
      [],
    );
    assert.is((lists as { items: unknown[] }).items.length, 3);
    assert.equal(warnings, []);
  });

  test(`a bundle (${format}) is told if ENDCAP_PACKAGE names something else`, async () => {
    const { error } = await run({ ENDCAP_PACKAGE: temp });
    assert.match(error!, `ENDCAP_PACKAGE is ${temp}, which is not the folder of endcap`);
  });

  test(`a bundle (${format}) finds the package that is installed for it, if it is of the same version`, async () => {
    const modules = join(folder, 'node_modules');
    await mkdir(join(modules, 'endcap'), { recursive: true });
    await writeFile(join(modules, 'endcap/package.json'), JSON.stringify({ name: 'endcap', version: '0.0.1' }));
    assert.match((await run()).error!, /Leave endcap out of the bundle/);
    rmSync(modules, { recursive: true });
    await mkdir(modules);
    await symlink(root, join(modules, 'endcap'), 'junction');
    const { kernel, error, warnings } = await run();
    assert.is(error, undefined);
    const isNative =
      process.env.ENDCAP_BACKEND !== 'wasm' && existsSync(join(root, 'build/native/Release/endcap.node'));
    assert.is(kernel!.backend, isNative ? 'native' : 'wasm');
    assert.equal(warnings, []);
    rmSync(modules, { recursive: true });
  });
}

test('where no thread starts, what cannot do without says so', async () => {
  const file = join(temp, 'products.csv');
  await writeFile(file, 'sku,name\nX1,One\n');
  await withoutWorkers(async () => {
    for (const [code, work] of [
      ['store_unreadable', () => openSqliteStore(join(temp, 'shop.db'))],
      // The lock is free again.
      ['store_unreadable', () => openSqliteStore(join(temp, 'shop.db'))],
      ['worker_failed', () => serveWorkers({ workers: 2, port: 0 })],
      ['catalogue_unreadable', () => openCatalogueFile(file, [], false, new AbortController().signal)],
    ] as const) {
      const error = await endcapErrorOf(Promise.resolve().then<unknown>(work));
      assert.is(error.code, code, error.message);
      assert.match(error.message, /allow them with --allow-worker/);
    }
    const model = openModelFile(join(temp, 'model.safetensors'));
    model.erase('ann');
    assert.is(await model.mayHave('ann', 1000), true);
    assert.match(model.status().problem!, /allow them with --allow-worker/);
    await model.close();
  });
});

test.run();
