/** Hard places: Node without some of what a program usually has. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { absentBackend } from '../kernel/backends.ts';
import { testUnless } from '../support/skip.ts';
import { newProject } from './packed.ts';
import { assertSameAnswers, smokeOf } from './smoke.ts';
import { nodeTool } from './tools.ts';

const test = suite('confined');
const { folder: cwd, modules, absent } = await newProject();
const noNative = absentBackend('native');
const model = join(cwd, 'model.safetensors');

/** What Node says in freedom; undefined if the package is absent. */
const free =
  absent === undefined ? await smokeOf([process.execPath, 'smoke.mjs', '--save', model], { cwd }) : undefined;

// --- The permission model: threads and addons are refused unless they are allowed. ---

const permissions = [
  { version: '20.19.0', flag: '--experimental-permission' },
  { version: '22.23.3', flag: '--permission' },
  { version: '24.22.3', flag: '--permission' },
  { version: '26.12.1', flag: '--permission' },
];

for (const { version, flag } of permissions) {
  const node = await nodeTool(version);
  const files = ['read', 'write'].map((access) => `--allow-fs-${access}=${cwd}`);
  const confined = [node.path, flag, ...files, `--allow-fs-read=${modules}`];

  for (const allowed of [[], ['worker'], ['addons'], ['worker', 'addons']]) {
    const name = [flag, ...allowed.map((what) => `--allow-${what}`)].join(' ');
    testUnless(test, absent ?? node.absent, `Node ${version} ${name}`, async () => {
      const flags = allowed.map((what) => `--allow-${what}`);
      const smoke = await smokeOf([...confined, ...flags, 'smoke.mjs', '--save', `${model}.${allowed.join('.')}`], {
        cwd,
      });
      assert.is(smoke.kernel.backend, allowed.includes('addons') ? free!.kernel.backend : 'wasm');
      // One thread does the work of those that may not start, and says so once.
      const said = smoke.warnings.filter((warning) => warning.includes('thread'));
      assert.is(
        said.length,
        allowed.includes('worker') || free!.kernel.threads === 1 ? 0 : 1,
        smoke.warnings.join('\n'),
      );
      assertSameAnswers(smoke, free!, name);
    });
  }
}

// --- Flags that take something away. ---

/** The loader of AssemblyScript's modules adds to `Object` as soon as it is imported. */
const loads = ['--frozen-intrinsics', '--input-type=module', '-e', "await import('@assemblyscript/loader')"];
const isFrozenOut = absent === undefined && spawnSync(process.execPath, loads, { cwd: modules }).status !== 0;

const flags: { flag: string; backend?: string; version?: string; absent?: string }[] = [
  { flag: '--disallow-code-generation-from-strings' },
  { flag: '--disable-proto=throw' },
  { flag: '--no-addons', backend: 'wasm' },
  // Before version 24, what Node needs for HTTP is in WebAssembly, which this takes away.
  { flag: '--jitless', backend: 'native', version: '24.22.3', absent: noNative },
  { flag: '--frozen-intrinsics', absent: isFrozenOut ? '@assemblyscript/loader cannot be loaded with it' : undefined },
];
for (const { flag, backend, version, absent: reason } of flags) {
  const node = version ? await nodeTool(version) : { path: process.execPath };
  testUnless(test, absent ?? reason ?? node.absent, flag, async () => {
    const smoke = await smokeOf([node.path, flag, 'smoke.mjs'], { cwd });
    assert.is(smoke.kernel.backend, backend ?? free!.kernel.backend);
    assertSameAnswers(smoke, free!, flag);
  });
}

testUnless(test, absent, '--frozen-intrinsics, endcap/web, which has no need of that loader', async () => {
  const command = [process.execPath, '--frozen-intrinsics', 'web-host.mjs', model, 'endcap.simd.unshared.wasm'];
  assertSameAnswers(await smokeOf(command, { cwd }), free!, 'endcap/web');
});

// --- A disk that cannot be written, and little memory. ---

const readOnly = (command: string) => [
  ...['unshare', '--mount', 'sh', '-c'],
  `mount -o remount,bind,ro / && ! touch ${cwd}/written 2>/dev/null && ${command}`,
];
const [unshare, ...args] = readOnly('true');
const noReadOnly = spawnSync(unshare, args).status === 0 ? undefined : 'this user cannot make the disk read-only';
testUnless(test, absent ?? noReadOnly, 'a read-only root', async () => {
  const smoke = await smokeOf(readOnly(`exec '${process.execPath}' smoke.mjs --load '${model}'`), { cwd });
  assert.is(smoke.kernel.backend, free!.kernel.backend);
  assertSameAnswers(smoke, free!, 'read-only root');
});

const group = groupWith(128);
for (const backend of ['native', 'wasm']) {
  const reason = absent ?? group.absent ?? (backend === 'native' ? noNative : undefined);
  testUnless(test, reason, `128 MB, ${backend}`, async () => {
    const env = { ENDCAP_BACKEND: backend };
    const smoke = await smokeOf([...group.command, process.execPath, 'smoke.mjs'], { cwd, env });
    assert.is(smoke.kernel.threads, free!.kernel.threads);
    assertSameAnswers(smoke, free!, `128 MB, ${backend}`);
  });
}

/** A command that runs another one with so much memory, by a control group of Linux, version 1 or 2. */
function groupWith(mib: number): { command: string[]; absent?: string } {
  const groups = '/sys/fs/cgroup';
  const isSecond = existsSync(join(groups, 'cgroup.controllers'));
  const folder = join(groups, isSecond ? '' : 'memory', `endcap-test-${process.pid}`);
  try {
    if (isSecond) writeFileSync(join(groups, 'cgroup.subtree_control'), '+memory');
    mkdirSync(folder);
    process.once('exit', () => rmdirSync(folder));
    writeFileSync(join(folder, isSecond ? 'memory.max' : 'memory.limit_in_bytes'), `${mib * 1024 * 1024}`);
    return { command: ['sh', '-c', `echo $$ > ${folder}/cgroup.procs && exec "$@"`, 'sh'] };
  } catch (error) {
    return { command: [], absent: `no control group can limit memory here: ${(error as Error).message}` };
  }
}

test.run();
