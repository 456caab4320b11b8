/** The example at the edge, in the runtime of Cloudflare's Workers, with what its page says to do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecommender, readOrders, sampleOrders, saveModel, train } from '../../src/index.ts';
import { root, run } from '../support/commands.ts';
import { testUnless } from '../support/skip.ts';
import { newProject } from './packed.ts';
import { type Answers, assertSameAnswers, smokeOf } from './smoke.ts';
import { npmTool, workerdTool } from './tools.ts';

const test = suite('workerd');
const workerd = await workerdTool('1.20261117.1');
const wrangler = await npmTool(['wrangler@4.86.0'], 'node_modules/wrangler/bin/wrangler.js');
const example = join(root, 'test/examples/workerd');
const files = Object.fromEntries(readdirSync(example).map((name) => [name, readFileSync(join(example, name), 'utf8')]));

/** Asks what `smoke.mjs` asks, in the place of the example's Worker. */
const asking = `
  import module from 'endcap/wasm/endcap.simd.unshared.wasm';
  import model from './model.safetensors';
  import { webAnswers } from './web-smoke.mjs';
  export default { fetch: async () => Response.json(await webAnswers(new Uint8Array(model), { module })) };`;

const { folder: cwd, absent } = await newProject({ ...files, 'asking.mjs': asking });
const reason = absent ?? workerd.absent;
const servers: ChildProcess[] = [];
test.after.each(() => {
  for (const server of servers.splice(0)) server.kill('SIGKILL');
});

/** Runs the line of the example's page that begins so, with the repository's esbuild. */
async function bundle(file = 'worker.mjs'): Promise<void> {
  const [, args] = /^npx esbuild worker\.mjs (.*)$/m.exec(files['README.md'])!;
  const command = [join(root, 'node_modules/esbuild/bin/esbuild'), file, ...args.replaceAll("'", '').split(' ')];
  const { code, stderr } = await run(process.execPath, command, { cwd });
  assert.is(code, 0, stderr);
}

/** Serves the example at a port that is free, and returns its address. */
async function serve(config = 'config.capnp'): Promise<string> {
  const args = ['serve', config, '--socket-addr=http=127.0.0.1:0', '--control-fd=3'];
  const server = spawn(workerd.path, args, { cwd, stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
  servers.push(server);
  const [line] = await once(server.stdio[3] as Readable, 'data', { signal: AbortSignal.timeout(30_000) });
  return `http://127.0.0.1:${JSON.parse(line).port}`;
}

testUnless(test, reason, 'gives the lists of Node', async () => {
  const onNode = await smokeOf([process.execPath, 'smoke.mjs', '--save', join(cwd, 'model.safetensors')], { cwd });
  await bundle('asking.mjs');
  const response = await fetch(await serve(), { signal: AbortSignal.timeout(60_000) });
  const answers = (await response.json()) as Answers;
  assert.equal(answers.kernel, { backend: 'wasm', isa: 'simd', threads: 1 });
  assert.is(answers.factors, onNode.factors);
  assertSameAnswers(answers, onNode, 'workerd');
});

testUnless(test, reason ?? wrangler.absent, 'wrangler bundles the example, and what it bundles answers', async () => {
  const model = join(cwd, 'model.safetensors');
  const onNode = await smokeOf([process.execPath, 'smoke.mjs', '--save', model], { cwd });
  const env = { ...process.env, HOME: cwd, CI: 'true', WRANGLER_SEND_METRICS: 'false' };
  const command = [wrangler.path, 'deploy', '--dry-run', '--outdir=out'];
  const { code, stdout, stderr } = await run(process.execPath, command, { cwd, env });
  assert.is(code, 0, stderr + stdout);

  const kinds: Record<string, string> = { '.js': 'esModule', '.wasm': 'wasm', '.safetensors': 'data' };
  const names = readdirSync(join(cwd, 'out')).filter((name) => extname(name) in kinds);
  // The first module is the program.
  names.sort((a, b) => Number(b === 'worker.js') - Number(a === 'worker.js'));
  const modules = names.map((name) => `(name = "${name}", ${kinds[extname(name)]} = embed "out/${name}")`);
  assert.is(modules.length, 3);
  const config = files['config.capnp'].replace(/modules = \[.*\]/s, () => `modules = [${modules.join(', ')}]`);
  writeFileSync(join(cwd, 'wrangled.capnp'), config);
  const [userId] = Object.keys(onNode.lists);
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ user_id: userId, num_recommendations: 10 });
  const response = await fetch(`${await serve('wrangled.capnp')}/recommend`, {
    ...{ method: 'POST', headers, body },
    signal: AbortSignal.timeout(60_000),
  });
  const { recommendations } = (await response.json()) as { recommendations: { product: string }[] };
  assert.equal(
    recommendations.map(({ product }) => product),
    onNode.request.products,
  );
});

/** Prints how long the first answer of a Worker takes: with a model of about 20 MB, which is no time for a test to promise. */
testUnless(test, reason, 'the example answers from a model of 20 MB, as its page says', async () => {
  const path = join(cwd, 'model.safetensors');
  const dataset = await readOrders(sampleOrders({ lines: 270_000, customers: 55_000 }));
  const model = await train(dataset, { iterations: 1, fast: true });
  await saveModel(model, path);
  await bundle();

  const [, said] = /-d '(.*)'$/m.exec(files['README.md'])!;
  const [userId] = model.customers;
  const { num_recommendations } = JSON.parse(said);
  const body = JSON.stringify({ user_id: userId, num_recommendations });
  const startedAt = performance.now();
  const url = await serve();
  const askedAt = performance.now();
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  const response = await fetch(`${url}/recommend`, { ...request, signal: AbortSignal.timeout(60_000) });
  const { recommendations } = (await response.json()) as { recommendations: { product: string }[] };
  const answeredAt = performance.now();
  await (await fetch(`${url}/recommend`, request)).text();
  const againAt = performance.now();
  const ms = (from: number, to: number) => `${Math.round(to - from)} ms`;
  console.log(
    `workerd, model of ${(statSync(path).size / 1e6).toFixed(1)} MB: up after ${ms(startedAt, askedAt)}, ` +
      `first answer ${ms(askedAt, answeredAt)}, second ${ms(answeredAt, againAt)}`,
  );

  const recommender = createRecommender(model, { backend: 'wasm', isa: 'simd' });
  const { items } = await recommender.recommend(userId, { n: num_recommendations });
  await recommender.close();
  const products = recommendations.map(({ product }) => product);
  assert.equal(
    products,
    items.map(({ product }) => product),
  );
  assert.is(products.length, num_recommendations);
});

test.run();
