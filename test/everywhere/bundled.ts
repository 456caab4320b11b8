/** A project whose program is bundled, and what that says: `bundled.mjs`. */
import { existsSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { binaries } from '../../src/kernel/backends.ts';
import { newProject } from './packed.ts';
import { type Answers, assertSameAnswers, smokeOf } from './smoke.ts';

/** What `said` of `bundled.mjs` returns. */
export type Said = { warnings: string[] } & (({ code?: undefined } & Answers) | { code: string; message: string });

/**
 * Makes a project with real copies of the package and its dependencies, which can be taken away once it is bundled, and a model.
 * Returns what Node answers without a bundler.
 */
export async function makeProject(folder: string, model: string): Promise<Answers> {
  const { folder: free, modules } = await newProject();
  const expected = await smokeOf([process.execPath, 'smoke.mjs', '--save', model], { cwd: free });
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  for (const name of ['bundled.mjs', 'answers.mjs']) await cp(join(free, name), join(folder, name));
  await cp(modules, join(folder, 'node_modules'), { recursive: true });
  // What is published has all binaries; here there may be fewer, and some bundlers want whatever is named.
  for (const platform of binaries) {
    const binary = join(folder, 'node_modules/endcap/prebuilds', platform, 'endcap.node');
    await mkdir(dirname(binary), { recursive: true });
    if (!existsSync(binary)) await writeFile(binary, '');
  }
  return expected;
}

/** The environment without settings of Endcap, and with these. */
export function environmentWith(settings: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !/^(ENDCAP|NODE_OPTIONS|npm_)/.test(name));
  return { ...Object.fromEntries(others), ...settings };
}

/** Asserts that it answers as without a bundler, by the same kernel; on threads, or it says why not. */
export function assertAnswers(threads: boolean, said: Said, expected: Answers, name: string): void {
  if (said.code !== undefined) throw new Error(said.message);
  assert.equal(said.kernel.backend, expected.kernel.backend);
  assertSameAnswers(said, expected, name);
  if (threads) assert.equal(said.warnings, []);
  else
    assert.match(
      said.warnings.join('\n'),
      /^threads do not start: dist\/kernel\/threads\/worker\.js is missing.*ENDCAP_PACKAGE/,
    );
}

/** Asserts that there is no kernel, and that it says what to do. */
export function assertAdvises(said: Said): void {
  assert.is(said.code, 'kernel_unavailable');
  assert.match((said as { message: string }).message, /Leave endcap out of the bundle.*or set ENDCAP_PACKAGE/);
}
