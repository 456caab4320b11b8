/** Packs the working tree as `npm publish` would, installs the tarball in an empty project, and uses it there. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { version } from '../src/version.ts';
import { install, npm, root, run } from './support/commands.ts';
import { type Packed, pack } from './support/packing.ts';
import { currentPrebuilds } from './support/prebuilds.ts';
import { testUnless } from './support/skip.ts';

const test = suite('package');
const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
const temp = await mkdtemp(join(tmpdir(), 'endcap-package-'));
const project = join(temp, 'project');
const installed = join(project, 'node_modules', 'endcap');

/** Runs an ES module in the project and returns the JSON that it prints. */
async function answerOf(program: string): Promise<unknown> {
  const { stdout, stderr, code } = await run(process.execPath, ['--input-type=module', '-e', program], {
    cwd: project,
  });
  assert.is(code, 0, stderr);
  return JSON.parse(stdout);
}

let packed: Packed;
let unreachable: string | undefined;
try {
  packed = await pack(temp);
  await mkdir(project);
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({ name: 'shop', version: '1.0.0', private: true, type: 'module' }),
  );
  unreachable = await install([join(temp, packed.filename)], project);
} catch (error) {
  await rm(temp, { recursive: true });
  throw error;
}
test.after(() => rm(temp, { recursive: true }));
const paths = packed.files.map(({ path }) => path);

test('contains the build, the kernels, and the documents, and nothing else', async () => {
  const rooms = [/^dist\/.+\.(js|d\.ts)$/, /^build\/wasm\/endcap\.(relaxed|simd|scalar)(\.unshared)?\.wasm$/];
  const prebuilt = /^prebuilds\/[a-z0-9-]+\/endcap\.node$/;
  const documents = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'];
  const strays = paths.filter(
    (path) => ![...rooms, prebuilt].some((room) => room.test(path)) && !documents.includes(path),
  );
  assert.equal(strays, []);
  for (const path of documents) assert.ok(paths.includes(path), path);
  assert.is(paths.filter((path) => rooms[1].test(path)).length, 6);
  const binaries = new Set(await currentPrebuilds());
  if (existsSync(join(root, 'build/native/Release/endcap.node'))) binaries.add(`${process.platform}-${process.arch}`);
  assert.equal(
    paths.filter((path) => prebuilt.test(path)).sort(),
    [...binaries].map((target) => `prebuilds/${target}/endcap.node`).sort(),
  );
});

test('contains everything that exports, imports, types, main, and bin name', () => {
  type Target = string | { [condition: string]: Target };
  const filesOf = (target: Target): string[] =>
    typeof target === 'string' ? [target] : Object.values(target).flatMap(filesOf);
  const own = filesOf(manifest.imports).filter((name) => name.startsWith('.'));
  const named = [manifest.main, manifest.types, ...Object.values(manifest.bin), ...filesOf(manifest.exports), ...own];
  for (const name of named) {
    const [start, end] = name.replace(/^\.\//, '').split('*');
    const isIt = (path: string) => (end === undefined ? path === start : path.startsWith(start) && path.endsWith(end));
    assert.ok(paths.some(isIt), name);
  }
});

test('the command is executable and starts with a line that names Node', async () => {
  const entry = packed.files.find(({ path }) => path === manifest.bin.endcap);
  assert.is(entry!.mode & 0o111, 0o111);
  const [first] = (await readFile(join(temp, 'endcap', manifest.bin.endcap), 'utf8')).split('\n');
  assert.is(first, '#!/usr/bin/env node');
});

test('the build imports nothing but dependencies and Node itself', async () => {
  const dist = join(temp, 'endcap', 'dist');
  const unknown = new Set<string>();
  for (const path of await readdir(dist, { recursive: true })) {
    if (!/\.(js|d\.ts)$/.test(path)) continue;
    const text = await readFile(join(dist, path), 'utf8');
    for (const [, ...names] of text.matchAll(
      /^(?:import|export|\})[^'"\n]* from ['"]([^'"]+)|^import ['"]([^'"]+)|\bimport\(['"]([^'"]+)['"]\)(\.catch\()?/gm,
    )) {
      const isCaught = names.pop() !== undefined;
      const found = names.find(Boolean)!;
      const name = manifest.imports[found]?.default ?? found;
      if (name.startsWith('.') || isBuiltin(name)) continue;
      const bare = name.split('/', name.startsWith('@') ? 2 : 1).join('/');
      // An optional package is loaded when it is needed, by code that says so if it is not there. Bundlers see that by a
      // `.catch` right behind the import, and fail otherwise.
      const isOptional = isCaught && manifest.peerDependenciesMeta[bare]?.optional;
      if (!(bare in manifest.dependencies) && !isOptional) unknown.add(`${name} in ${path}`);
    }
  }
  assert.equal([...unknown], []);
});

test('its declarations have nothing that TypeScript before 5.7 cannot read: generic arrays of bytes, or Hono itself', async () => {
  const declarations = paths.filter((path) => path.endsWith('.d.ts'));
  assert.ok(declarations.includes('dist/server/app.d.ts'));
  for (const path of declarations) {
    const text = await readFile(join(temp, 'endcap', path), 'utf8');
    assert.not.match(
      text,
      /\b(\w+\d(Clamped)?Array|DataView|Buffer)<(Shared)?ArrayBuffer|(from |import\()['"]hono\b/,
      path,
    );
  }
});

test('nothing of it names a source map', async () => {
  for (const path of paths.filter((path) => path.startsWith('dist/')))
    assert.not.match(await readFile(join(temp, 'endcap', path), 'utf8'), 'sourceMappingURL', path);
});

test('installing runs no script', () => {
  // npm asks about `prepare` too, if it installs a tarball.
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
    assert.is(manifest.scripts[name], undefined, name);
  // A binding.gyp would make npm run node-gyp.
  assert.not.ok(paths.includes('binding.gyp'));
});

test('publishing is refused as long as nothing says where the sources are, and proves where it is from', async () => {
  assert.equal(manifest.publishConfig, { access: 'public', provenance: true });
  const cwd = join(temp, 'endcap');
  assert.is((await npm(['pkg', 'delete', 'repository'], { cwd })).code, 0);
  const refused = await npm(['run', 'prepublishOnly'], { cwd });
  assert.is(refused.code, 1);
  assert.match(refused.stderr, /package\.json does not say where the sources are.*npm pkg set repository\.url=/s);
  for (const repository of ['repository=shop/endcap', 'repository.url=git+https://git.example/shop/endcap.git']) {
    assert.is((await npm(['pkg', 'delete', 'repository'], { cwd })).code, 0);
    assert.is((await npm(['pkg', 'set', repository], { cwd })).code, 0);
    const { code, stderr } = await npm(['run', 'prepublishOnly'], { cwd });
    assert.is(code, 0, stderr);
  }
});

test('the version is the same in package.json, the lock file, and the code', async () => {
  assert.is(version, manifest.version);
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  assert.is(packages[''].version, manifest.version);
});

test('the manifest names the oldest Node and the Node-API version of prebuilt binaries', () => {
  assert.is(manifest.engines.node, '>=20.19');
  assert.ok(manifest.binary.napi_versions.length > 0);
});

/** All packages that are installed with it, by name, as npm keeps account of them. */
const installedPackages = async (): Promise<[name: string, entry: { version: string }][]> => {
  const lock = JSON.parse(await readFile(join(project, 'node_modules', '.package-lock.json'), 'utf8'));
  return Object.entries<{ version: string }>(lock.packages).map(([path, entry]) => [
    path.replace(/^.*node_modules\//, ''),
    entry,
  ]);
};

testUnless(test, unreachable, 'with all that it needs, it takes 14 MB at most', async () => {
  let bytes = 0;
  for (const entry of await readdir(join(project, 'node_modules'), { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  assert.ok(bytes > 1e6 && bytes <= 14e6, `${(bytes / 1e6).toFixed(1)} MB`);
});

testUnless(
  test,
  unreachable,
  'a bill of materials has every package, with a licence that asks for little',
  async () => {
    const { stdout, stderr, code } = await npm(['sbom', '--sbom-format', 'cyclonedx'], { cwd: project });
    assert.is(code, 0, stderr);
    const { bomFormat, components } = JSON.parse(stdout);
    assert.is(bomFormat, 'CycloneDX');
    interface Component {
      name: string;
      version: string;
      purl: string;
      licenses?: { license: { id: string } }[];
    }
    const listed = (components as Component[]).map(({ name, version }) => `${name}@${version}`).sort();
    assert.equal(listed, (await installedPackages()).map(([name, { version }]) => `${name}@${version}`).sort());
    const free = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD'];
    for (const { name, purl, licenses = [] } of components as Component[]) {
      assert.match(purl, /^pkg:npm\/.+@/, name);
      assert.ok(licenses.length > 0 && licenses.every(({ license }) => free.includes(license.id)), name);
    }
  },
);

testUnless(test, unreachable, 'importing it loads, compiles and starts nothing', async () => {
  const seen = await answerOf(`
    import childProcess from 'node:child_process';
    import { syncBuiltinESMExports } from 'node:module';
    import threads from 'node:worker_threads';
    const seen = [];
    const noting = (trap, name) => (...args) => (seen.push(name), Reflect[trap](...args));
    const watch = (owner, name) => {
      const traps = { apply: noting('apply', name), construct: noting('construct', name) };
      owner[name] = new Proxy(owner[name], traps);
    };
    watch(process, 'dlopen');
    watch(threads, 'Worker');
    for (const name of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork']) watch(childProcess, name);
    for (const name of ['Module', 'Instance', 'Memory', 'compile', 'instantiate']) watch(WebAssembly, name);
    syncBuiltinESMExports();
    await import('endcap');
    await import('endcap/server');
    console.log(JSON.stringify(seen));
  `);
  assert.equal(seen, []);
});

testUnless(
  test,
  unreachable,
  'trains and recommends from the installed package, with the kernels of the tarball',
  async () => {
    const program = (backend?: string) => `
    import { createRecommender, readOrders, sampleOrders, train } from 'endcap';
    import { createApp } from 'endcap/server';
    const dataset = await readOrders(sampleOrders({ lines: 500 }));
    const model = await train(dataset, { iterations: 2, threads: 2 });
    const recommender = createRecommender(model, { backend: ${JSON.stringify(backend)} });
    const body = JSON.stringify({ user_id: 'nobody', num_recommendations: 3 });
    const headers = { 'content-type': 'application/json' };
    const response = await createApp({ recommender }).request('/recommend', { method: 'POST', body, headers });
    const { recommendations } = await response.json();
    console.log(JSON.stringify({ count: recommendations.length, backend: recommender.kernel.backend }));
    await recommender.close();
  `;
    assert.equal(await answerOf(program('wasm')), { count: 3, backend: 'wasm' });
    const prebuilt = paths.some((path) => path.startsWith('prebuilds/'));
    if (prebuilt) assert.equal(await answerOf(program('native')), { count: 3, backend: 'native' });
  },
);

testUnless(test, unreachable, 'its command runs', async () => {
  const { stdout, code } = await run(process.execPath, [join(installed, manifest.bin.endcap), '--version'], {
    cwd: project,
  });
  assert.is(stdout.trim(), version);
  assert.is(code, 0);
});

/** Type checks a module in the project, together with the declarations of everything that it imports. */
async function checkTypes(module: string, lib: string[], types: string[]): Promise<void> {
  const file = 'use.ts';
  await writeFile(join(project, file), module);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    listFiles: true,
    skipLibCheck: false,
    module: 'nodenext',
    target: 'es2023',
    lib,
    typeRoots: [join(root, 'node_modules', '@types')],
    types,
  };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
  const { stdout, code } = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], {
    cwd: project,
  });
  assert.is(code, 0, stdout);
  // What requests may hold is checked by a library whose declarations are longer than all of ours.
  assert.not.match(stdout, 'valibot');
}

testUnless(test, unreachable, 'its types need those of Node, and no DOM', async () => {
  const module = `
    import { readOrders, train, type Model } from 'endcap';
    import { createApp } from 'endcap/server';
    export * from 'endcap';
    export * from 'endcap/server';
    export * from 'endcap/serve';
    export const model: Promise<Model> = readOrders([]).then((dataset) => train(dataset));
    // @ts-expect-error
    export const wrong: number = createApp;
  `;
  await checkTypes(module, ['es2023'], ['node']);
});

testUnless(test, unreachable, 'the types of library and app need those of a browser, and no Node', async () => {
  await checkTypes("export * from 'endcap';\nexport * from 'endcap/server';", ['es2023', 'dom', 'dom.iterable'], []);
});

test.run();
