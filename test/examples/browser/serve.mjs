/**
 * Serves the page.
 *
 *     node serve.mjs [port] [--no-isolation]
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const library = import.meta.resolve('endcap/web');
const fromLibrary = (file) => fileURLToPath(new URL(file, library));

/** The page cannot send anything anywhere: it may connect to where it came from, which answers these files and no more. */
const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Without these, pages have no memory that threads share, and train on one thread. */
const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

const types = { html: 'text/html; charset=utf-8', css: 'text/css', js: 'text/javascript', wasm: 'application/wasm' };

/** The page and the script of its threads, each in one file. */
async function bundle() {
  const { outputFiles } = await build({
    entryPoints: { page: here('page.mjs'), worker: fromLibrary('kernel/web/worker.js') },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    outdir: 'out',
    write: false,
  });
  return Object.fromEntries(outputFiles.map(({ path, contents }) => [path.split(/[\\/]/).at(-1), contents]));
}

/**
 * @param isolated whether pages may have memory that threads share.
 * @returns the server's address, and what closes it.
 */
export async function serve({ port = 0, isolated = true } = {}) {
  const scripts = await bundle();
  const fileOf = (path) => {
    if (path === '/') return readFile(here('index.html'));
    if (path === '/style.css') return readFile(here('style.css'));
    const [, module] = /^\/wasm\/(endcap\.[\w.]+\.wasm)$/.exec(path) ?? [];
    if (module) return readFile(fromLibrary(`../build/wasm/${module}`));
    return scripts[path.slice(1)];
  };
  const server = createServer(async ({ url }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const type = types[pathname === '/' ? 'html' : pathname.split('.').at(-1)] ?? 'text/plain';
    const content = await Promise.resolve(fileOf(pathname)).catch(() => undefined);
    const headers = { 'content-security-policy': policy, 'x-content-type-options': 'nosniff', 'content-type': type };
    response.writeHead(content ? 200 : 404, { ...headers, ...(isolated && isolation) });
    response.end(content ?? 'not found');
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

if (process.argv[1] === here('serve.mjs')) {
  const port = process.argv.slice(2).find((argument) => /^\d+$/.test(argument)) ?? 8080;
  const { address } = await serve({ port: Number(port), isolated: !process.argv.includes('--no-isolation') });
  console.log(`Open ${address}`);
}
