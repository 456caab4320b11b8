/** The declarations of the package in versions of TypeScript, with no library but that of the language, and those of Node. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root, run } from '../support/commands.ts';
import { testUnless } from '../support/skip.ts';
import { newProject } from './packed.ts';
import { npmTool, type Tool } from './tools.ts';

const test = suite('types');

const use = `
  import { readOrders, train, type Model } from 'endcap';
  import { createApp } from 'endcap/server';
  export * from 'endcap';
  export * from 'endcap/server';
  export * from 'endcap/serve';
  export * from 'endcap/keys';
  export * from 'endcap/metrics';
  export * from 'endcap/workers';
  export * as web from 'endcap/web';
  export const model: Promise<Model> = readOrders([]).then((dataset) => train(dataset));
  // @ts-expect-error
  export const wrong: number = createApp;
`;

const compiler = (version: string) => npmTool([`typescript@${version}`], 'node_modules/typescript/bin/tsc');

const { folder: cwd, absent: unpacked } = await newProject({ 'use.ts': use, 'use.cts': use });

/** What the compiler says of a file in a project with the package. */
async function said(tool: Tool, file: string, options: object): Promise<string> {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2022',
    lib: ['es2023'],
    typeRoots: [join(root, 'node_modules/@types')],
    types: ['node'],
    ...options,
  };
  await writeFile(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
  const { stdout, stderr } = await run(process.execPath, [tool.path], { cwd, seconds: 900 });
  return stdout + stderr;
}

// The declarations of Hono need 5.7, whose arrays of bytes are generic, and so do ours; 5.6 skips them.
for (const [version, skipLibCheck] of [
  ['5.6.3', true],
  ['5.7.3', false],
  ['5.9.3', false],
  ['7.0.2', false],
] as const) {
  const tool = await compiler(version);
  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const name = `TypeScript ${version}, ${moduleResolution}${skipLibCheck ? ', with skipLibCheck' : ''}`;
    testUnless(test, unpacked ?? tool.absent, name, async () => {
      assert.is(await said(tool, 'use.ts', { module, moduleResolution, skipLibCheck }), '');
    });
  }
  // From 5.8 on, nodenext knows that Node requires ES modules.
  if (version < '5.8') continue;
  testUnless(test, unpacked ?? tool.absent, `TypeScript ${version} in CommonJS`, async () => {
    assert.is(await said(tool, 'use.cts', { module: 'nodenext', skipLibCheck }), '');
  });
}

test.run();
