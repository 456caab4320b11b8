/**
 * A small server with the package in its bundle, in an empty folder: it answers, or says what to do. The package is not where it
 * was when it was bundled, as on another machine.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { binaries } from '../../src/kernel/backends.ts';
import { run } from '../support/commands.ts';
import { testUnless } from '../support/skip.ts';
import { newProject, packedPackage } from './packed.ts';
import { type Answers, assertSameAnswers, smokeOf } from './smoke.ts';
import { npmTool } from './tools.ts';

const test = suite('bundlers');

const versions = {
  esbuild: '0.28.2',
  vite: '8.4.0',
  webpack: '5.113.0',
  rollup: '4.68.8',
  '@rollup/plugin-node-resolve': '16.0.3',
  '@rollup/plugin-commonjs': '29.0.3',
  '@rollup/plugin-json': '6.1.0',
  '@vercel/nft': '1.11.5',
  postject: '1.0.0-alpha.6',
};
const tool = await npmTool(
  Object.entries(versions).map(([name, version]) => `${name}@${version}`),
  'package.json',
);
const { modules, absent: unpacked } = await packedPackage();
const temp = await realpath(await mkdtemp(join(tmpdir(), 'endcap-bundlers-')));
test.after(() => rm(temp, { recursive: true, force: true }));

/** Bundled from here, by the real paths of the package, and then taken away. */
const project = join(temp, 'project');
const model = join(temp, 'model.safetensors');

const server = `
import { createRecommender, loadModel } from 'endcap';
import { createApp } from 'endcap/server';
import { answersOf } from './answers.mjs';

async function main() {
  const warnings = [];
  process.on('warning', ({ name, message }) => {
    if (name === 'EndcapWarning') warnings.push(message);
  });
  try {
    const model = await loadModel(${JSON.stringify(model)});
    const recommender = createRecommender(model, { threads: 2 });
    const answers = await answersOf(recommender, model, createApp({ recommender }));
    await recommender.close();
    console.log(JSON.stringify({ ...answers, warnings }));
  } catch (error) {
    console.log(JSON.stringify({ code: error.code, message: error.message, warnings }));
  }
}
main();
`;

/** What the program prints: what it answers, or its error. */
type Said = { warnings: string[] } & (({ code?: undefined } & Answers) | { code: string; message: string });

/** The same on Node without a bundler. */
let expected: Answers;

test.before(async () => {
  if (tool.absent ?? unpacked) return;
  const free = await newProject();
  expected = await smokeOf([process.execPath, 'smoke.mjs', '--save', model], { cwd: free.folder });
  await mkdir(project);
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  await writeFile(join(project, 'server.mjs'), server);
  await cp(join(free.folder, 'answers.mjs'), join(project, 'answers.mjs'));
  await cp(modules, join(project, 'node_modules'), { recursive: true });
  // What is published has all binaries; here there may be fewer, and webpack wants whatever is named.
  for (const platform of binaries) {
    const binary = join(project, 'node_modules/endcap/prebuilds', platform, 'endcap.node');
    await mkdir(dirname(binary), { recursive: true });
    if (!existsSync(binary)) await writeFile(binary, '');
  }
});

/** Runs a program in the project that has the tools, and `out`, an empty folder. Returns that folder. */
async function bundle(program: string): Promise<string> {
  const out = await mkdtemp(join(temp, 'out-'));
  const header = `
    import { createRequire } from 'node:module';
    import { join } from 'node:path';
    import { pathToFileURL } from 'node:url';
    const require = createRequire(${JSON.stringify(tool.path)});
    const out = ${JSON.stringify(out)};
  `;
  const { code, stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', header + program], {
    cwd: project,
    seconds: 300,
  });
  assert.is(code, 0, stderr + stdout);
  return out;
}

/** Runs what was bundled, a script or an executable, while the project is not there. */
async function said(folder: string, env: NodeJS.ProcessEnv = {}): Promise<Said> {
  const file = (await readdir(folder)).find((name) => /^server(\.[cm]?js)?$/.test(name))!;
  const [command, ...args] = file === 'server' ? [join(folder, file)] : [process.execPath, file];
  const away = `${project}-away`;
  await rename(project, away);
  try {
    const others = Object.entries(process.env).filter(([name]) => !/^(ENDCAP|NODE_OPTIONS|npm_)/.test(name));
    const { stdout, stderr } = await run(command, args, {
      cwd: folder,
      env: { ...Object.fromEntries(others), ...env },
    });
    assert.match(stdout, /^\{/, stderr);
    return JSON.parse(stdout);
  } finally {
    await rename(away, project);
  }
}

/** Asserts that it answers as without a bundler, by the same kernel, on threads. */
function answersOn(threads: boolean, answers: Said, name: string): void {
  if (answers.code !== undefined) throw new Error(answers.message);
  assert.equal(answers.kernel.backend, expected.kernel.backend);
  assertSameAnswers(answers, expected, name);
  if (threads) assert.equal(answers.warnings, []);
  else
    assert.match(
      answers.warnings.join('\n'),
      /^threads do not start: dist\/kernel\/threads\/worker\.js is missing.*ENDCAP_PACKAGE/,
    );
}

const banner = "import { createRequire as of } from 'node:module'; const require = of(import.meta.url);";

/** Those that leave files where they are. */
const bundlers = {
  'esbuild to ES modules': `
    await require('esbuild').build({
      entryPoints: ['server.mjs'], bundle: true, platform: 'node', format: 'esm', outfile: join(out, 'server.mjs'),
      banner: { js: ${JSON.stringify(banner)} },
    });`,
  'esbuild to CommonJS': `
    await require('esbuild').build({
      entryPoints: ['server.mjs'], bundle: true, platform: 'node', format: 'cjs', outfile: join(out, 'server.cjs'),
    });`,
  'Vite (ssr, noExternal)': `
    const { build } = await import(pathToFileURL(require.resolve('vite')).href);
    await build({
      ssr: { noExternal: true },
      build: { ssr: 'server.mjs', outDir: out, rollupOptions: { output: { entryFileNames: 'server.mjs' } } },
    });`,
  Rollup: `
    const plugins = ['node-resolve', 'commonjs', 'json'].map((name) => require('@rollup/plugin-' + name).default);
    const bundle = await require('rollup').rollup({
      input: 'server.mjs',
      plugins: plugins.map((plugin) => plugin({ preferBuiltins: true })),
      onwarn() {},
    });
    await bundle.write({ dir: out, format: 'esm', entryFileNames: 'server.mjs', inlineDynamicImports: true });`,
};

/** Node with a program in it. On other systems it would have to be signed anew. */
const executable = `${bundlers['esbuild to CommonJS']}
  const { execFileSync } = await import('node:child_process');
  const { copyFileSync, renameSync, writeFileSync } = await import('node:fs');
  renameSync(join(out, 'server.cjs'), join(out, 'main.cjs'));
  const settings = { main: join(out, 'main.cjs'), output: join(out, 'blob'), disableExperimentalSEAWarning: true };
  writeFileSync(join(out, 'sea.json'), JSON.stringify(settings));
  execFileSync(process.execPath, ['--experimental-sea-config', join(out, 'sea.json')]);
  copyFileSync(process.execPath, join(out, 'server'));
  await require('postject').inject(join(out, 'server'), 'NODE_SEA_BLOB', require('node:fs').readFileSync(settings.output), {
    sentinelFuse: 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
  });`;

const absent = tool.absent ?? unpacked;

for (const [name, program] of [...Object.entries(bundlers), ['a single executable', executable]]) {
  const needsLinux = program === executable && process.platform !== 'linux' ? 'it is made on Linux' : undefined;
  testUnless(
    test,
    absent ?? needsLinux,
    `${name}: without the package it says what to do, and with it it answers`,
    async () => {
      const folder = await bundle(program);
      const alone = await said(folder);
      assert.is(alone.code, 'kernel_unavailable');
      assert.match((alone as { message: string }).message, /Leave endcap out of the bundle.*or set ENDCAP_PACKAGE/);
      answersOn(true, await said(folder, { ENDCAP_PACKAGE: join(modules, 'endcap') }), name);
      await mkdir(join(folder, 'node_modules'));
      await symlink(join(modules, 'endcap'), join(folder, 'node_modules/endcap'), 'junction');
      answersOn(true, await said(folder), name);
    },
  );
}

const external: Record<string, string> = {
  esbuild: `
    await require('esbuild').build({
      entryPoints: ['server.mjs'], bundle: true, platform: 'node', format: 'esm', outfile: join(out, 'server.mjs'),
      external: ['endcap'],
    });`,
  'Vite (ssr)': `
    const { build } = await import(pathToFileURL(require.resolve('vite')).href);
    await build({
      build: { ssr: 'server.mjs', outDir: out, rollupOptions: { output: { entryFileNames: 'server.mjs' } } },
    });`,
};

for (const [name, program] of Object.entries(external)) {
  testUnless(test, absent, `${name}, with endcap left out of the bundle: it answers`, async () => {
    const folder = await bundle(program);
    await mkdir(join(folder, 'node_modules'));
    await symlink(join(modules, 'endcap'), join(folder, 'node_modules/endcap'), 'junction');
    answersOn(true, await said(folder), name);
  });
}

for (const [format, output] of [
  ['CommonJS', "output: { path: out, filename: 'server.cjs' }"],
  [
    'ES modules',
    "output: { path: out, filename: 'server.mjs', module: true, chunkFormat: 'module' }, experiments: { outputModule: true }",
  ],
]) {
  testUnless(
    test,
    absent,
    `webpack to ${format}: kernels are in the bundle, threads are not, and it says so`,
    async () => {
      const folder = await bundle(`
        await new Promise((resolve, reject) => {
          const done = (error, stats) => error || stats.hasErrors() ? reject(error ?? stats.toString('errors-only')) : resolve();
          require('webpack')({ mode: 'production', target: 'node', entry: './server.mjs', ${output} }, done);
        });`);
      answersOn(false, await said(folder), `webpack to ${format}`);
      answersOn(true, await said(folder, { ENDCAP_PACKAGE: join(modules, 'endcap') }), `webpack to ${format}`);
    },
  );
}

testUnless(test, absent, '@vercel/nft: a copy of the traced files answers, with all that it may need', async () => {
  const folder = await bundle(`
    import { cpSync, mkdirSync } from 'node:fs';
    import { dirname } from 'node:path';
    const { fileList } = await require('@vercel/nft').nodeFileTrace(['server.mjs'], { base: process.cwd() });
    for (const file of fileList) {
      mkdirSync(dirname(join(out, file)), { recursive: true });
      cpSync(file, join(out, file));
    }`);
  answersOn(true, await said(folder), 'nft');
  const traced = await readdir(join(folder, 'node_modules/endcap'), { recursive: true });
  const own = traced.map((file) => file.split(sep).join('/'));
  const kernels = (await readdir(join(modules, 'endcap'), { recursive: true }))
    .map((file) => file.split(sep).join('/'))
    .filter((file) => /\.node$|\.(relaxed|simd|scalar)\.wasm$/.test(file));
  for (const file of [...kernels, 'dist/live/retraining/candidate/child.js', 'dist/orders/parquet/worker.js'])
    assert.ok(own.includes(file), file);
});

test.run();
