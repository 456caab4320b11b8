/** `endcap/web` in a page of three engines: with threads if it is isolated from other origins, and without. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, extname, join } from 'node:path';
import { build as bundle } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { absentBrowser, openBrowser, openTab } from '../explorer/browser.ts';
import { run } from '../support/commands.ts';
import { testUnless } from '../support/skip.ts';
import { newProject } from './packed.ts';
import { assertSameAnswers, type Smoke, smokeOf } from './smoke.ts';
import { npmTool } from './tools.ts';

const test = suite('browsers');
const vite = await npmTool(['vitest@4.1.12', 'vite@8.3.8'], 'node_modules/vite/bin/vite.js');

/** Asks the best kernel and forced ones, and sends back what they said. */
const page = `
  import { remoteAnswers, webAnswers } from './web-smoke.mjs';
  const send = (said) => fetch('/said', { method: 'POST', body: JSON.stringify(said) });
  try {
    const bytes = new Uint8Array(await (await fetch('/model.safetensors')).arrayBuffer());
    const answers = [];
    for (const isa of [undefined, 'simd', 'scalar']) answers.push(await webAnswers(bytes, { isa }));
    const worker = () => new Worker('/esbuild/worker.js', { type: 'module' });
    const remotes = [
      await remoteAnswers(bytes.slice(), { url: 'wasm/', worker }),
      await remoteAnswers(bytes),
    ];
    await send({ answers, remotes, isIsolated: crossOriginIsolated, cores: navigator.hardwareConcurrency });
  } catch (error) {
    await send({ error: error + ' ' + error.stack });
  }`;
interface Said {
  answers: Pick<Smoke, 'kernel' | 'customers' | 'factors' | 'blocks' | 'request' | 'lists' | 'failed'>[];
  /** Of recommenders in workers: of esbuild's, which has one file for all workers, and of Vite's. */
  remotes: (Pick<Smoke, 'kernel' | 'blocks' | 'lists'> & { isMoved: boolean })[];
  isIsolated: boolean;
  cores: number;
  error?: string;
}
const {
  folder: cwd,
  modules,
  absent,
} = await newProject({
  'index.html':
    '<!doctype html><html lang="en"><title>Endcap</title><script type="module" src="/page.mjs"></script></html>',
  'page.mjs': page,
  'vite.config.mjs': "export default { build: { target: 'esnext' } };",
});

/** The first of these files that is there. */
const found = (files: string[]) => files.find((file) => existsSync(file));
const onPath = (names: string[]) =>
  found(names.flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name))));
const firefox = onPath(['firefox', 'firefox-esr']);
const miniBrowser = found([
  `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/webkit2gtk-4.1/MiniBrowser`,
]);
const xvfb = onPath(['xvfb-run']);

interface TestBrowser {
  name: string;
  absent: string | undefined;
  /** Opens a page until the signal is aborted, and returns what went wrong. */
  visit(url: string, signal: AbortSignal): Promise<string[]>;
}

/**
 * A browser that needs no more than an address. A folder of its own has what it keeps of its user. WebKit of GNOME hides shared
 * memory, which Safari has, unless it is told otherwise.
 */
async function visitWith(command: string, args: string[], signal: AbortSignal): Promise<string[]> {
  const env = { ...process.env, HOME: cwd, XDG_RUNTIME_DIR: cwd, JSC_useSharedArrayBuffer: 'true' };
  await run(command, args, { cwd, env, signal });
  return [];
}

const browsers: TestBrowser[] = [
  {
    name: 'Chromium',
    absent: absentBrowser,
    async visit(url, signal) {
      const browser = await openBrowser();
      const tab = await openTab(browser);
      await tab.open(url);
      if (!signal.aborted) await once(signal, 'abort');
      const problems = await tab.problems();
      await browser.close();
      return problems;
    },
  },
  {
    name: 'Firefox',
    absent: firefox ? undefined : 'there is no Firefox (apt-get install firefox-esr)',
    visit: (url, signal) => visitWith(firefox!, ['--headless', '--no-remote', '--profile', cwd, url], signal),
  },
  {
    name: 'WebKit',
    absent: miniBrowser && xvfb ? undefined : 'there is no WebKit (apt-get install webkit2gtk-driver xvfb)',
    visit: (url, signal) => visitWith(xvfb!, ['-a', miniBrowser!, url], signal),
  },
];

const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
/** Without `unsafe-eval`, as a careful shop has it. */
const policy = { 'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" };

/** Serves the page to a browser until it has sent its answers. */
async function answersIn({ visit }: TestBrowser, headers: Record<string, string>): Promise<Said> {
  const answered = new AbortController();
  let said: Said | undefined;
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      said = JSON.parse(Buffer.concat(await request.toArray()).toString());
      response.end(() => answered.abort());
      return;
    }
    const path = request.url === '/' ? '/index.html' : request.url!;
    const file = path === '/model.safetensors' ? join(cwd, path) : join(cwd, 'dist', path);
    if (!existsSync(file)) return void response.writeHead(404).end();
    const type = types[extname(path)] ?? 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type, ...headers }).end(readFileSync(file));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const timer = setTimeout(() => answered.abort(), 90_000);
  try {
    const { port } = server.address() as AddressInfo;
    assert.equal(await visit(`http://127.0.0.1:${port}/`, answered.signal), []);
    assert.ok(said, 'the page said nothing');
    assert.is(said.error, undefined);
    return said;
  } finally {
    clearTimeout(timer);
    server.closeAllConnections();
    server.close();
  }
}

/** Builds the page with a model, and returns what Node says of it. */
async function build(): Promise<Smoke> {
  const onNode = await smokeOf([process.execPath, 'smoke.mjs', '--save', join(cwd, 'model.safetensors')], { cwd });
  const { code, stderr } = await run(process.execPath, [vite.path, 'build'], { cwd });
  assert.is(code, 0, stderr);
  const outfile = join(cwd, 'dist/esbuild/worker.js');
  await bundle({
    absWorkingDir: cwd,
    entryPoints: ['endcap/web/worker'],
    bundle: true,
    format: 'esm',
    outfile,
    logLevel: 'silent',
  });
  await cp(join(modules, 'endcap/build/wasm'), join(cwd, 'dist/wasm'), { recursive: true });
  return onNode;
}
const reason = absent ?? vite.absent;
const onNode = reason === undefined ? await build() : undefined;

for (const browser of browsers) {
  for (const isIsolated of [false, true]) {
    const name = `${browser.name}${isIsolated ? ', isolated' : ''}: a page that Vite builds gives the lists of Node`;
    testUnless(test, browser.absent ?? reason, name, async () => {
      const said = await answersIn(browser, { ...policy, ...(isIsolated && isolation) });
      assert.is(said.isIsolated, isIsolated);
      assert.equal(
        said.answers.map(({ kernel }) => kernel.isa),
        [said.answers[0].kernel.isa, 'simd', 'scalar'],
      );
      for (const { kernel, failed, ...answers } of said.answers) {
        const threads = failed.filter(({ what }) => what === 'threads');
        assert.is(kernel.threads, isIsolated ? said.cores : 1, JSON.stringify(failed));
        assert.is(threads.length, isIsolated ? 0 : 1, JSON.stringify(failed));
        assertSameAnswers({ kernel, ...answers }, onNode!, `${name}, ${kernel.isa}`);
      }
      const [{ kernel, failed, lists, blocks }] = said.answers;
      const expected = { kernel: { ...kernel, failed }, lists, blocks, isMoved: true };
      assert.equal(said.remotes, [expected, expected]);
    });
  }
}

test.run();
