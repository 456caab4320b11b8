/** The package as package managers install it from its tarball, without running scripts: it loads, learns, saves, and answers. */
import { cp, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { version } from '../../src/version.ts';
import { npm, type Ran, run } from '../support/commands.ts';
import { testUnless } from '../support/skip.ts';
import { newProject, packedPackage } from './packed.ts';
import { assertSameAnswers, type Smoke, smokeOf } from './smoke.ts';
import { bunTool, npmTool } from './tools.ts';

const test = suite('package managers');
const here = fileURLToPath(new URL('.', import.meta.url));
const temp = await realpath(await mkdtemp(join(tmpdir(), 'endcap-managers-')));
test.after(() => rm(temp, { recursive: true, force: true }));

const { tarball, absent: unpacked } = await packedPackage();
const pnpm = await npmTool(['pnpm@12.21.0'], 'node_modules/pnpm/bin/pnpm.mjs');
const yarn = await npmTool(['@yarnpkg/cli-dist@4.18.1'], 'node_modules/@yarnpkg/cli-dist/bin/yarn.js');
const bun = await bunTool('1.4.5');

interface Manager {
  name: string;
  absent?: string;
  /** Its settings, by files. */
  files?: Record<string, string>;
  install(cwd: string): Promise<Ran>;
  /** How a program in the project is started, and how the command of the package is. */
  node: readonly string[];
  endcap: readonly string[];
}

const node = process.execPath;
const yarnSettings = (linker: string) => ({
  'yarn.lock': '',
  '.yarnrc.yml': `nodeLinker: ${linker}\nenableScripts: false\nenableTelemetry: false\nenableImmutableInstalls: false\n`,
});
const linked = ['node_modules/.bin/endcap'];
const quick = ['--prefer-offline', '--no-audit', '--no-fund'];

const managers: Manager[] = [
  { name: 'npm', install: (cwd) => npm(['install', ...quick], { cwd, seconds: 900 }), node: [node], endcap: linked },
  {
    name: 'npm without scripts and without what is not needed',
    install: (cwd) =>
      npm(['install', ...quick, '--ignore-scripts', '--omit=dev', '--omit=optional', '--omit=peer'], {
        cwd,
        seconds: 900,
      }),
    node: [node],
    endcap: linked,
  },
  {
    name: 'pnpm',
    absent: pnpm.absent,
    install: (cwd) => run(node, [pnpm.path, 'install', '--ignore-scripts', '--prefer-offline'], { cwd, seconds: 900 }),
    node: [node],
    endcap: linked,
  },
  ...['node-modules', 'pnp'].map((linker) => ({
    name: `Yarn (${linker})`,
    absent: yarn.absent,
    files: yarnSettings(linker),
    install: (cwd: string) => run(node, [yarn.path, 'install'], { cwd, seconds: 900 }),
    node: [node, yarn.path, 'node'],
    endcap: [node, yarn.path, 'endcap'],
  })),
  {
    name: 'Bun',
    absent: bun.absent,
    install: (cwd) => run(bun.path, ['install', '--ignore-scripts'], { cwd, seconds: 900 }),
    node: [node],
    endcap: linked,
  },
];

/** Serves the model that `smoke.mjs` saved, as a shop's own program does, and asks it once. */
const served = `
import { createRecommender, loadModel } from 'endcap';
import { createApp } from 'endcap/server';
import { serve } from 'endcap/serve';

const recommender = createRecommender(await loadModel('model.safetensors'));
const server = await serve({ app: createApp({ recommender }), port: 0 });
const body = JSON.stringify({ user_id: 'nobody', num_recommendations: 3 });
const headers = { 'content-type': 'application/json' };
const response = await fetch(server.url + '/recommend', { method: 'POST', headers, body });
const { recommendations } = await response.json();
console.log(response.status, recommendations.length);
await server.close();
await recommender.close();
`;

let projects = 0;

/** A new folder whose package.json has the tarball, and these dependencies. */
async function folderWith(
  files: Record<string, string> = {},
  dependencies: Record<string, string> = {},
): Promise<string> {
  const folder = join(temp, String(projects++));
  await cp(here, folder, { recursive: true, filter: (path) => path === here || path.endsWith('.mjs') });
  const all = { endcap: `file:${tarball}`, ...dependencies };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies: all }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** What it answers in a project of symbolic links, as all other suites have. */
let expected: Smoke;

test.before(async () => {
  if (unpacked) return;
  const { folder: cwd } = await newProject();
  expected = await smokeOf([node, 'smoke.mjs'], { cwd });
});

for (const { name, absent, files, install, node: start, endcap } of managers) {
  testUnless(test, unpacked ?? absent, name, async () => {
    const cwd = await folderWith({ ...files, 'served.mjs': served });
    const { code, stdout, stderr } = await install(cwd);
    assert.is(code, 0, stderr + stdout);
    for (const backend of ['native', 'wasm']) {
      if (backend === 'native' && expected.kernel.backend !== 'native') continue;
      const smoke = await smokeOf([...start, 'smoke.mjs', '--save', 'model.safetensors'], {
        cwd,
        env: { ENDCAP_BACKEND: backend, ENDCAP_THREADS: '2' },
      });
      assert.is(smoke.kernel.backend, backend);
      assert.is(smoke.kernel.threads, 2);
      assert.equal(
        smoke.warnings.filter((warning) => warning.startsWith('EndcapWarning')),
        [],
      );
      assertSameAnswers(smoke, expected, name);
    }
    const [program, ...before] = start;
    const { stdout: answer, ...rest } = await run(program, [...before, 'served.mjs'], { cwd });
    assert.is(answer.trim().split('\n').at(-1), '200 3', rest.stderr);
    const [command, ...args] = endcap;
    const said = await run(command, [...args, '--version'], { cwd });
    assert.is(said.stdout.trim(), version, said.stderr);
  });
}

const app = `
import { Hono } from 'hono';
import { createRecommender, readOrders, sampleOrders, train } from 'endcap';
import { createApp } from 'endcap/server';
import { readFileSync } from 'node:fs';

const dataset = await readOrders(sampleOrders({ lines: 500 }));
const model = await train(dataset, { algorithm: 'als', factors: 16, iterations: 1, fast: true, threads: 1 });
const recommender = createRecommender(model, { threads: 1 });
const app = new Hono();
app.route('/routed', createApp({ recommender }));
app.mount('/mounted', createApp({ recommender, basePath: '/mounted' }).fetch);
app.get('/mine', (c) => c.text('mine'));

const ask = async (path, body) => {
  const init = body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await app.request(path, init);
  const text = await response.text();
  return { status: response.status, text };
};
const below = async (path) => ({
  list: await ask(path + '/recommend', { user_id: model.customers[0], num_recommendations: 3 }),
  wrong: await ask(path + '/recommend', { user_id: 1, num_recommendations: 'many' }),
  nothing: await ask(path + '/nothing'),
});
console.log(JSON.stringify({
  versions: ['hono', 'endcap/node_modules/hono'].map(
    (name) => JSON.parse(readFileSync('node_modules/' + name + '/package.json', 'utf8')).version,
  ),
  ours: [await below('/routed'), await below('/mounted')],
  elsewhere: await ask('/elsewhere'),
  mine: await ask('/mine'),
}));
`;

/** How TypeScript takes it, for which classes of two versions are two. */
const typed = `
import { Hono } from 'hono';
import { createApp } from 'endcap/server';
new Hono().mount('/shop', createApp({ recommender: () => undefined, basePath: '/shop' }).fetch);
`;

const compilers = await Promise.all(
  // The first one cannot read the declarations of the Hono that is ours.
  ['5.6.3', '5.9.3'].map((version) => npmTool([`typescript@${version}`], 'node_modules/typescript/bin/tsc')),
);

testUnless(
  test,
  unpacked ?? compilers.find(({ absent }) => absent)?.absent,
  'an app of another version of Hono has ours in it, with our errors below its path',
  async () => {
    const cwd = await folderWith({ 'app.mjs': app, 'app.ts': typed }, { hono: '4.6.0' });
    const { code, stderr } = await npm(['install', ...quick], { cwd, seconds: 900 });
    assert.is(code, 0, stderr);
    const ran = await run(node, ['app.mjs'], { cwd });
    assert.is(ran.code, 0, ran.stderr);
    const { versions, ours, elsewhere, mine } = JSON.parse(ran.stdout);
    assert.is(versions[0], '4.6.0');
    assert.is.not(versions[1], '4.6.0');
    for (const { list, wrong, nothing } of ours) {
      assert.is(list.status, 200);
      assert.is(JSON.parse(list.text).recommendations.length, 3);
      assert.is(wrong.status, 400);
      assert.is(JSON.parse(wrong.text).error.code, 'invalid_request');
      assert.is(nothing.status, 404);
      assert.is(JSON.parse(nothing.text).error.code, 'not_found');
    }
    assert.is(elsewhere.text, '404 Not Found');
    assert.is(mine.text, 'mine');
    const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022'];
    for (const { path } of compilers) assert.is((await run(node, [path, ...options, 'app.ts'], { cwd })).stdout, '');
  },
);

testUnless(test, unpacked, 'CommonJS requires it', async () => {
  const { folder: cwd } = await newProject();
  await writeFile(
    join(cwd, 'use.cjs'),
    "const { version } = require('endcap/package.json'); console.log(version, typeof require('endcap').train, typeof require('endcap/server').createApp);",
  );
  const { code, stdout, stderr } = await run(node, ['use.cjs'], { cwd });
  assert.is(code, 0, stderr);
  assert.is(stdout.trim(), `${version} function function`);
});

const attw = await npmTool(['@arethetypeswrong/cli@0.18.5'], 'node_modules/@arethetypeswrong/cli/dist/index.js');

testUnless(test, unpacked ?? attw.absent, 'arethetypeswrong finds nothing but that it is ESM', async () => {
  // Resolution as of Node 10 knows no exports; CommonJS of Node 16 cannot require ESM, and that of today can.
  const { code, stdout, stderr } = await run(node, [attw.path, tarball, '--profile', 'esm-only', '--format', 'json'], {
    cwd: temp,
  });
  assert.is(code, 0, stdout + stderr);
});

test.run();
