/** The declarations of the package in versions of TypeScript, with no library but that of the language, and those of Node. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root, run } from '../support/commands.ts';
import { testUnless } from '../support/skip.ts';
import { newProject, packedPackage } from './packed.ts';
import { npmTool, type Tool } from './tools.ts';

const test = suite('types');

const use = `
  import { readOrders, train, type Model } from 'endcap';
  import { createApp } from 'endcap/server';
  import { serve } from 'endcap/serve';
  export * from 'endcap';
  export * from 'endcap/server';
  export * from 'endcap/serve';
  export * from 'endcap/keys';
  export * from 'endcap/metrics';
  export * from 'endcap/workers';
  export * as web from 'endcap/web';
  export * from 'endcap/web/worker';
  export const model: Promise<Model> = readOrders([]).then((dataset) => train(dataset));
  // @ts-expect-error
  export const wrong: number = createApp;

  const app = createApp({
    recommender: () => undefined,
    access: { addressOf: (c) => c.env.address ?? c.req.header('x-forwarded-for') },
  });
  export const answers: Promise<Response>[] = [
    (async () => app.fetch(new Request('http://shop.example/model'), {}))(),
    (async () => app.request('/recommend', { method: 'POST' }))(),
  ];
  export const server = serve({ app });
  // @ts-expect-error
  export const wrongApp: number = app;
  // @ts-expect-error
  createApp({ recommender: 'mine' });
`;

/** A shop with an app of its own, which is Hono's. */
const shop = `
  import { createApp } from 'endcap/server';
  import { serve } from 'endcap/serve';
  import { Hono } from 'hono';
  const app = new Hono();
  app.mount('/mounted', createApp({ recommender: () => undefined, basePath: '/mounted' }).fetch);
  export const server = serve({ app });
`;
const routed = `${shop}
  app.route('/routed', createApp({ recommender: () => undefined }));
`;

const compiler = (version: string) => npmTool([`typescript@${version}`], 'node_modules/typescript/bin/tsc');

const { modules } = await packedPackage();
const files = { 'use.ts': use, 'use.cts': use, 'shop.ts': shop, 'routed.ts': routed };
const { folder: cwd, absent: unpacked } = await newProject(files, { hono: join(modules, 'hono') });

/** What the compiler says of a file in a project with the package. */
async function said(tool: Tool, file: string, options: object): Promise<string> {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2022',
    lib: ['es2023'],
    typeRoots: [join(root, 'node_modules/@types')],
    types: ['node'],
    skipLibCheck: false,
    ...options,
  };
  await writeFile(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
  const { stdout, stderr } = await run(process.execPath, [tool.path], { cwd, seconds: 900 });
  return stdout + stderr;
}

for (const version of ['5.6.3', '5.7.3', '5.9.3', '7.0.2']) {
  const tool = await compiler(version);
  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    testUnless(test, unpacked ?? tool.absent, `TypeScript ${version}, ${moduleResolution}`, async () => {
      assert.is(await said(tool, 'use.ts', { module, moduleResolution }), '');
    });
  }
  // Hono's own declarations need 5.7, whose arrays of bytes are generic: ours name none of its types before.
  const [file, skipLibCheck] = version < '5.7' ? ['shop.ts', true] : ['routed.ts', false];
  testUnless(test, unpacked ?? tool.absent, `TypeScript ${version}, in an app of Hono's`, async () => {
    assert.is(await said(tool, file, { module: 'nodenext', skipLibCheck }), '');
  });
  // From 5.8 on, nodenext knows that Node requires ES modules.
  if (version < '5.8') continue;
  testUnless(test, unpacked ?? tool.absent, `TypeScript ${version} in CommonJS`, async () => {
    assert.is(await said(tool, 'use.cts', { module: 'nodenext' }), '');
  });
}

test.run();
