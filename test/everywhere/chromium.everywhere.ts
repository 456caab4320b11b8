/** `endcap/web` in a tab: with threads if the page is isolated from other origins, and without. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { absentBrowser, openBrowser, openTab } from '../explorer/browser.ts';
import { run } from '../support/commands.ts';
import { testUnless } from '../support/skip.ts';
import { newProject } from './packed.ts';
import { assertSameAnswers, type Smoke, smokeOf } from './smoke.ts';
import { npmTool } from './tools.ts';

const test = suite('chromium');
const vite = await npmTool(['vitest@4.1.12', 'vite@8.3.8'], 'node_modules/vite/bin/vite.js');

const page = `
  import { webAnswers } from './web-smoke.mjs';
  globalThis.answers = async (options) => {
    const response = await fetch('/model.safetensors');
    const answers = await webAnswers(new Uint8Array(await response.arrayBuffer()), options);
    return { ...answers, isIsolated: crossOriginIsolated, cores: navigator.hardwareConcurrency };
  };`;
const { folder: cwd, absent } = await newProject({
  'index.html':
    '<!doctype html><html lang="en"><title>Endcap</title><script type="module" src="/page.mjs"></script></html>',
  'page.mjs': page,
});
const reason = absentBrowser ?? absent ?? vite.absent;

const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
/** Without `unsafe-eval`, as a careful shop has it. */
const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";

async function serve(headers: Record<string, string>): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : request.url!;
    try {
      const body = readFileSync(path === '/model.safetensors' ? join(cwd, path) : join(cwd, 'dist', path));
      response
        .writeHead(200, { 'Content-Type': types[extname(path)] ?? 'application/octet-stream', ...headers })
        .end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

testUnless(test, reason, 'a page that Vite builds gives the lists of Node, isolated or not', async () => {
  const onNode = await smokeOf([process.execPath, 'smoke.mjs', '--save', join(cwd, 'model.safetensors')], { cwd });
  const built = await run(process.execPath, [vite.path, 'build'], { cwd });
  assert.is(built.code, 0, built.stderr);

  const browser = await openBrowser();
  try {
    for (const isIsolated of [false, true]) {
      const { server, url } = await serve({ 'Content-Security-Policy': policy, ...(isIsolated && isolation) });
      const tab = await openTab(browser);
      assert.is(await tab.open(url), 200);
      await tab.page.waitForFunction('globalThis.answers');
      for (const options of ['{}', "{ isa: 'simd' }", "{ isa: 'scalar' }"]) {
        const answers: Smoke & { isIsolated: boolean; cores: number } = await tab.page.evaluate(`answers(${options})`);
        const where = `Chromium, isolated: ${isIsolated}, ${options}`;
        assert.is(answers.isIsolated, isIsolated, where);
        assert.is(answers.kernel.isa, /'(.*)'/.exec(options)?.[1] ?? 'relaxed', where);
        assert.is(
          answers.kernel.threads,
          isIsolated ? answers.cores : 1,
          `${where}: ${JSON.stringify(answers.failed)}`,
        );
        assert.is(answers.failed.length, isIsolated ? 0 : 1, JSON.stringify(answers.failed));
        assert.is(answers.factors, onNode.factors);
        assertSameAnswers(answers, onNode, where);
      }
      assert.equal(await tab.problems(), []);
      await tab.page.context().close();
      server.closeAllConnections();
      server.close();
    }
  } finally {
    await browser.close();
  }
});

test.run();
