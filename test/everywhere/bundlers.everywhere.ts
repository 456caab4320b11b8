/**
 * A small server with the package in its bundle, in an empty folder: it answers, or says what to do. The package is not where it
 * was when it was bundled, as on another machine.
 */
import { mkdir, mkdtemp, readdir, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from '../support/commands.ts';
import { testUnless } from '../support/skip.ts';
import { assertAdvises, assertAnswers, environmentWith, makeProject, type Said } from './bundled.ts';
import { packedPackage } from './packed.ts';
import type { Answers } from './smoke.ts';
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
import { said } from './bundled.mjs';
said(${JSON.stringify(model)}).then((answers) => console.log(JSON.stringify(answers)));
`;

/** The same on Node without a bundler. */
let expected: Answers;

test.before(async () => {
  if (tool.absent ?? unpacked) return;
  expected = await makeProject(project, model);
  await writeFile(join(project, 'server.mjs'), server);
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
    seconds: 900,
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
    const { stdout, stderr } = await run(command, args, { cwd: folder, env: environmentWith(env) });
    assert.match(stdout, /^\{/, stderr);
    return JSON.parse(stdout);
  } finally {
    await rename(away, project);
  }
}

const answersOn = (threads: boolean, answers: Said, name: string) => assertAnswers(threads, answers, expected, name);

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
      assertAdvises(await said(folder));
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
