/** `endcap/web` as others build it: which files it reaches, how large it is, and the examples of the reference. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../src/dataset/read.ts';
import { encodeModel } from '../src/model/file/format.ts';
import { createRecommender } from '../src/recommending/create.ts';
import { sampleOrders } from '../src/sample/sample.ts';
import { train } from '../src/tuning/train.ts';
import * as web from '../src/web.ts';
import { modules } from './kernel/web/modules.ts';
import { provideWebWorkers } from './kernel/web/workers.ts';

const test = suite('web');
const source = (file: string) => fileURLToPath(new URL(`../src/${file}`, import.meta.url));

/** A program as browsers get it. */
async function bundled(program: string, conditions?: string[]) {
  return build({
    stdin: { contents: program, resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    ...(conditions && { conditions }),
    external: ['node:*'],
    logLevel: 'silent',
  });
}

/** Bytes of a page whose recommender lives in a worker: what asks the worker, and what decodes a model. */
const maxBytes = 60_000;
/** Bytes of that worker: all that makes lists. A change that passes this limit should be one that they need. */
const maxWorkerBytes = 143_000;

for (const [name, program, most] of [
  [
    'a page that decodes a model and has a recommender in a worker',
    `import { createRecommender, decodeModel } from '${source('web.ts')}'; globalThis.used = [createRecommender, decodeModel];`,
    maxBytes,
  ],
  ['the worker in which a recommender lives', `import 'endcap/web/worker';`, maxWorkerBytes],
] as const) {
  test(`${name} gets what it needs, and not the rest`, async () => {
    const { outputFiles, metafile } = await bundled(program);
    const { length } = outputFiles[0].contents;
    assert.ok(length > most / 2 && length <= most, `${length} bytes`);
    const [{ inputs }] = Object.values(metafile.outputs);
    const unneeded = Object.keys(inputs).filter((file) =>
      /node_modules|(src|dist)\/(server|tuning|live|sample|measuring|evaluation|page|cli|files)/.test(file),
    );
    assert.equal(unneeded, []);
  });
}

test('what browsers and workerd take for endcap is this entry', async () => {
  for (const condition of ['browser', 'workerd']) {
    const { metafile } = await bundled(`export { createRecommender } from 'endcap';`, [condition]);
    const files = Object.keys(metafile.inputs);
    assert.ok(files.includes('dist/web.js') && !files.includes('dist/index.js'), condition);
  }
});

/** The examples under the heading, without their imports of what is not JavaScript. */
const examples = Array.from(
  readFileSync(source('README.md'), 'utf8').matchAll(/^```js\n(.*?)^```$/gms),
  ([, example]) => example,
);

test('the examples of the reference run', async () => {
  const dataset = await readOrders(sampleOrders({ lines: 3000 }));
  const model = await train(dataset, { factors: 8, iterations: 2, fast: true, threads: 1 });
  const file = new Uint8Array(Buffer.concat(await encodeModel(model)));
  const module = modules.find(({ name }) => name === 'endcap.simd.unshared.wasm')!.module();
  const workers = provideWebWorkers();
  // Node fetches no files, which are where the package has its modules.
  const given = {
    ...web,
    createRecommender: (bytes: Uint8Array, options: web.WebRecommenderOptions) =>
      web.createRecommender(bytes, options.kernel ? options : { ...options, module }),
  };
  const fetching = async () => new Response(file);
  const runnable = (example: string, result: string) =>
    `return (async () => { ${example.replace(/^import .*$/gm, '').replace('export default', 'const worker =')}; return ${result}; })()`;
  const [page, worker, learn] = examples;
  const run = (example: string, result: string) =>
    new Function(
      'web',
      'fetch',
      'module',
      `const { createRecommender, createApp, openKernel } = web; ${runnable(example, result)}`,
    )(given, fetching, module);
  const onNode = createRecommender(model, { backend: 'wasm', isa: 'simd', threads: 1 });
  const expected = await onNode.recommend('10276', { n: 5 });
  assert.equal(await run(page, 'items'), expected.items);
  assert.is(workers.started, 1);
  workers.remove();
  const { fetch: answer } = await run(worker, 'worker');
  const body = JSON.stringify({ user_id: '10276', num_recommendations: 5 });
  const request = new Request('https://shop.example/recommend', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  const response = await answer(request, { ASSETS: { fetch: fetching } });
  const { recommendations } = (await response.json()) as { recommendations: { product: string }[] };
  assert.equal(
    recommendations.map(({ product }) => product),
    expected.items.map(({ product }) => product),
  );
  await onNode.close();

  const learning = { ...web, openKernel: () => web.openKernel({ module }) };
  const names = 'createRecommender, encodeModel, openKernel, readOrders, train';
  const program = `const { ${names} } = web; ${runnable(learn, '{ recommender, bytes }')}`;
  const csv = new File([...web.sampleCsv({ lines: 2000 })], 'orders.csv');
  const shown: number[] = [];
  const { recommender, bytes } = await new Function('web', 'files', 'show', 'signal', program)(
    learning,
    [csv],
    (share: number) => shown.push(share),
    undefined,
  );
  assert.ok(shown.length > 2 && shown.every((share) => share >= 0 && share <= 1));
  const saved = await web.decodeModel(new Uint8Array(Buffer.concat(bytes)));
  assert.equal(saved.customers, recommender.model.customers);
  await recommender.close();
});

test.run();
