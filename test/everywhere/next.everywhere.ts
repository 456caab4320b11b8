/** A route handler of Next.js with the package, built by Turbopack and by webpack, in the bundle of the server and outside of it. */
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from '../support/commands.ts';
import { freePort } from '../support/servers.ts';
import { testUnless } from '../support/skip.ts';
import { assertAdvises, assertAnswers, environmentWith, makeProject, type Said } from './bundled.ts';
import { packedPackage } from './packed.ts';
import type { Answers } from './smoke.ts';
import { npmTool } from './tools.ts';

const test = suite('Next.js');

const tool = await npmTool(['next@16.4.6', 'react@19.3.1', 'react-dom@19.3.1'], 'package.json');
const { modules, absent: unpacked } = await packedPackage();
const absent = tool.absent ?? unpacked;
const temp = await realpath(await mkdtemp(join(tmpdir(), 'endcap-next-')));
test.after(() => rm(temp, { recursive: true, force: true }));

const project = join(temp, 'project');
const model = join(temp, 'model.safetensors');
const next = 'node_modules/next/dist/bin/next';

const files: Record<string, string> = {
  'app/layout.js': 'export default ({ children }) => <html lang="en"><body>{children}</body></html>;',
  'app/page.js': 'export default () => <p>A shop</p>;',
  'app/said/route.js': `
    import { said } from '../../bundled.mjs';
    export const POST = async () => Response.json(await said(${JSON.stringify(model)}));`,
};

/** The same on Node without Next.js. */
let expected: Answers;

test.before(async () => {
  if (absent) return;
  expected = await makeProject(project, model);
  await cp(join(dirname(tool.path), 'node_modules'), join(project, 'node_modules'), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(project, name)), { recursive: true });
    await writeFile(join(project, name), text);
  }
});

async function build(bundler: 'turbopack' | 'webpack', config: object): Promise<void> {
  await rm(join(project, '.next'), { recursive: true, force: true });
  await writeFile(join(project, 'next.config.mjs'), `export default ${JSON.stringify(config)};`);
  const { code, stdout, stderr } = await run(process.execPath, [next, 'build', `--${bundler}`], {
    cwd: project,
    env: environmentWith({ NEXT_TELEMETRY_DISABLED: '1' }),
    seconds: 900,
  });
  assert.is(code, 0, stderr + stdout);
}

/** The server that Next.js made to be copied, elsewhere. */
async function standalone(): Promise<string> {
  const folder = await mkdtemp(join(temp, 'out-'));
  await cp(join(project, '.next/standalone'), folder, { recursive: true, verbatimSymlinks: true });
  return folder;
}

/** Starts a server in a folder, and asks it once it answers. */
async function said(cwd: string, [program, ...args]: string[], settings: NodeJS.ProcessEnv = {}): Promise<Said> {
  const port = String(await freePort());
  const env = environmentWith({ NEXT_TELEMETRY_DISABLED: '1', HOSTNAME: '127.0.0.1', PORT: port, ...settings });
  const server = spawn(process.execPath, [program, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => (printed += text));
  try {
    const deadline = Date.now() + 120_000;
    for (;;) {
      const response = await fetch(`http://127.0.0.1:${port}/said`, { method: 'POST' }).catch(() => undefined);
      if (response) {
        assert.is(response.status, 200, printed);
        return (await response.json()) as Said;
      }
      assert.ok(Date.now() < deadline && server.exitCode === null, `it does not answer: ${printed}`);
      await sleep(100);
    }
  } finally {
    server.kill('SIGKILL');
  }
}

/** The same while a folder is somewhere else. */
async function saidWithout(missing: string, ...asking: Parameters<typeof said>): Promise<Said> {
  const away = join(temp, 'away');
  await rename(missing, away);
  try {
    return await said(...asking);
  } finally {
    await rename(away, missing);
  }
}

testUnless(test, absent, 'Turbopack: kernels are in the bundle, threads are not, and it says so', async () => {
  await build('turbopack', { output: 'standalone' });
  const folder = await standalone();
  assertAnswers(false, await saidWithout(project, folder, ['server.js']), expected, 'alone');
  const settings = { ENDCAP_PACKAGE: join(modules, 'endcap') };
  assertAnswers(true, await saidWithout(project, folder, ['server.js'], settings), expected, 'with ENDCAP_PACKAGE');
});

testUnless(test, absent, 'webpack: without the package it says what to do, and with it it answers', async () => {
  await build('webpack', {});
  const start = [next, 'start'];
  assertAdvises(await saidWithout(join(project, 'node_modules/endcap'), project, start));
  assertAnswers(true, await said(project, start), expected, 'next start');
});

for (const bundler of ['turbopack', 'webpack'] as const) {
  testUnless(test, absent, `${bundler}, with serverExternalPackages: a copy of the server answers`, async () => {
    await build(bundler, { output: 'standalone', serverExternalPackages: ['endcap'] });
    assertAnswers(true, await saidWithout(project, await standalone(), ['server.js']), expected, bundler);
  });
}

test.run();
