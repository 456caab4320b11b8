/** The package in test runners, which load modules in ways of their own. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from '../support/commands.ts';
import { testUnless } from '../support/skip.ts';
import { newProject } from './packed.ts';
import { assertSameAnswers, type Smoke, smokeOf } from './smoke.ts';
import { npmTool } from './tools.ts';

const test = suite('runners');

const runners = [
  {
    name: 'Vitest',
    tool: await npmTool(['vitest@4.1.12', 'vite@8.3.8'], 'node_modules/vitest/vitest.mjs'),
    args: ['run', '--root=.'],
    header: "import { test } from 'vitest';",
    flags: [],
  },
  {
    name: 'Jest',
    tool: await npmTool(['jest@30.5.2'], 'node_modules/jest/bin/jest.js'),
    args: ['--rootDir=.', '--testMatch=**/*.test.mjs'],
    header: '',
    flags: ['--experimental-vm-modules'],
  },
];

for (const { name, tool, args, header, flags } of runners) {
  const program = `${header}
    import { writeFileSync } from 'node:fs';
    import { smoke } from './smoke.mjs';
    test('answers', async () => writeFileSync('smoke.json', JSON.stringify(await smoke())), 60_000);
  `;
  const packages = { [name.toLowerCase()]: dirname(tool.path) };
  const { folder: cwd, absent } = await newProject({ 'smoke.test.mjs': program }, packages);
  testUnless(test, absent ?? tool.absent, name, async () => {
    const { code, stdout, stderr } = await run(process.execPath, [...flags, tool.path, ...args], { cwd });
    assert.is(code, 0, stderr + stdout);
    const smoke: Smoke = JSON.parse(await readFile(join(cwd, 'smoke.json'), 'utf8'));
    const free = await smokeOf([process.execPath, 'smoke.mjs'], { cwd });
    assert.equal(smoke.kernel, free.kernel);
    assert.is(smoke.factors, free.factors);
    assertSameAnswers(smoke, free, name);
  });
}

test.run();
