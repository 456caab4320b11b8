/** What is promised of every platform: the same kernel tests pass, and the same bytes are learned. */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Ran, root, run } from '../../support/commands.ts';
import { currentPrebuilds } from '../../support/prebuilds.ts';
import { testUnless } from '../../support/skip.ts';
import { packedPackage } from '../packed.ts';
import { assertSameAnswers, type Smoke } from '../smoke.ts';
import type { Found, Host } from './hosts.ts';
import { kernelTests, runKernelTests, stageKernelTests } from './kernel-tests.ts';

/** What this machine's own compiler makes, which the binaries of the package are compared with. */
const local = 'build/native/Release/endcap.node';

/** A binary, on the host that it is for. */
export interface Platform {
  host: Host;
  /** Where it is below the root of this repository, and where the package looks for it. */
  binary: string;
  /** What each kernel learns and answers, the one that it takes by itself first. It is asked once. */
  learned(): Promise<readonly Smoke[]>;
  absent?: undefined;
}

/** Why a platform cannot be tested here. */
export interface Absent {
  absent: string;
}

/** The binary of the package on a host. */
export async function prebuiltOn({ host, absent }: Found): Promise<Platform | Absent> {
  if (!host) return { absent };
  const { platform } = host;
  if (!(await currentPrebuilds()).includes(platform))
    return { absent: `npm run prebuilds has not made the binary for ${platform} from these sources` };
  return platformOf(host, `prebuilds/${platform}/endcap.node`);
}

/** The local build, on this machine. */
export function locallyBuiltOn({ host, absent }: Found): Platform | Absent {
  if (!host) return { absent };
  return existsSync(join(root, local))
    ? platformOf(host, local)
    : { absent: 'there is no local build to compare with' };
}

function platformOf(host: Host, binary: string): Platform {
  return { host, binary, learned: once(() => learnedOn(host, binary)) };
}

/** Trains with each kernel, in a project whose path has spaces. */
async function learnedOn(host: Host, binary: string): Promise<Smoke[]> {
  const native = host.isas.slice(1).map((isa) => `native:${isa}`);
  const kernels = [':', ...native, ...host.wasm.map((isa) => `wasm:${isa}`)];
  const project = await projectWith(binary);
  try {
    const { stdout } = await runOn(host, project, ['kernels.mjs', ...kernels]);
    const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
    assert.is(lines.length, kernels.length, stdout);
    return lines.map((line) => JSON.parse(line));
  } finally {
    await rm(project, { recursive: true });
  }
}

/** Runs a program of a project. */
export async function runOn(host: Host, cwd: string, args: readonly string[], code = 0): Promise<Ran> {
  const others = Object.entries(process.env).filter(([name]) => !/^(ENDCAP|NODE_OPTIONS|npm_)/.test(name));
  const ran = await run(host.node, args, { cwd, env: Object.fromEntries(others), seconds: 300 * host.slowness });
  assert.is(ran.code, code, `${ran.stderr}\n${ran.stdout}`);
  // Windows ends lines otherwise.
  return { ...ran, stderr: ran.stderr.replaceAll('\r\n', '\n') };
}

/** A new project with the package and, at `place` in it, this binary of the repository, and no other. */
export async function projectWith(binary: string, place = binary): Promise<string> {
  const { modules, absent } = await packedPackage();
  if (absent !== undefined) throw new Error(absent);
  const folder = await mkdtemp(join(tmpdir(), 'endcap project '));
  const installed = join(folder, 'node_modules/endcap');
  await mkdir(join(folder, 'node_modules'));
  for (const name of await readdir(modules)) {
    if (name !== 'endcap') await symlink(join(modules, name), join(folder, 'node_modules', name));
  }
  await cp(join(modules, 'endcap'), installed, { recursive: true });
  await rm(join(installed, 'prebuilds'), { recursive: true, force: true });
  await mkdir(dirname(join(installed, place)), { recursive: true });
  await cp(join(root, binary), join(installed, place));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  for (const program of ['kernels.mjs', 'smoke.mjs', 'answers.mjs'])
    await cp(join(root, 'test/everywhere', program), join(folder, program));
  return folder;
}

/**
 * Adds the tests of a platform.
 *
 * @param others that learn the same on kernels that they have in common.
 * @param run which tests of kernels, and on which kernels, where all of them would take too long.
 */
export async function testPlatform(
  test: Test,
  platform: Platform | Absent,
  others: readonly (Platform | Absent)[],
  { files = /./, only = 'all' }: { files?: RegExp; only?: 'all' | 'native' } = {},
): Promise<void> {
  const absent = [platform, ...others].find(({ absent }) => absent !== undefined)?.absent;
  const { host, binary, learned } = platform as Platform;
  const name = host?.name ?? 'it';

  testUnless(test, absent, `${name}: takes the best instruction set of this processor`, async () => {
    const [{ kernel, failed }] = await learned();
    assert.equal([kernel.backend, kernel.isa, failed], ['native', host.isas[0], []]);
  });

  testUnless(
    test,
    absent,
    `${name}: each instruction set learns the same bytes, and gives the same lists`,
    async () => {
      for (const other of others as readonly Platform[]) {
        const [all, same] = [await learned(), await other.learned()];
        for (const one of all) {
          const { backend, isa } = one.kernel;
          const what = `${name}, ${backend} ${isa}`;
          assertSameAnswers(one, same[0], what);
          const twin = same.find(({ kernel }) => kernel.backend === backend && kernel.isa === isa);
          // Engines round as they like in relaxed SIMD.
          if (twin && isa !== 'relaxed') assert.equal(bytesOf(one), bytesOf(twin), what);
        }
      }
    },
  );

  const foreign = host?.platform === 'linux-x64' ? 'prebuilds/linux-arm64/endcap.node' : local;
  const noForeign = existsSync(join(root, foreign)) ? undefined : `there is no ${foreign} to put in its place`;
  testUnless(
    test,
    absent ?? noForeign,
    `${name}: of a binary of another platform, errors say so, and wasm runs`,
    async () => {
      const project = await projectWith(foreign, binary);
      try {
        const { stdout, stderr } = await runOn(host, project, ['kernels.mjs', ':', 'native:'], 1);
        const { kernel, failed }: Smoke = JSON.parse(stdout);
        assert.is(kernel.backend, 'wasm');
        const [{ what, reason }] = failed;
        assert.is(what, `native, ${binary}`);
        assert.match(
          stderr,
          /no native kernel runs here; tried:\n +native, build\/native\/Release\/endcap\.node: no such file\n/,
        );
        assert.ok(stderr.includes(`  native, ${binary}: ${reason}`), stderr);
      } finally {
        await rm(project, { recursive: true });
      }
    },
  );

  const tests = once(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'endcap tests '));
    await stageKernelTests(folder, binary);
    return folder;
  });
  for (const file of (await kernelTests()).filter((file) => files.test(file))) {
    testUnless(test, absent, `${name}: kernel/${file}`, async () => {
      const { passed, total, skipped, code, output } = await runKernelTests(host, await tests(), file, only);
      assert.ok(code === 0 && passed === total && total + skipped.length > 0, output);
      const kernels = [
        ...host.isas.map((isa) => `native ${isa}: `),
        ...(only === 'all' ? host.wasm : []).map((isa) => `wasm ${isa}: `),
      ];
      assert.equal(
        skipped.filter(({ name }) => kernels.some((kernel) => name.startsWith(kernel))),
        [],
      );
    });
  }
  test.after(async () => {
    if (absent === undefined) await rm(await tests(), { recursive: true });
  });
}

/** What has to be the same of two hosts that learned by the same instruction set. */
export const bytesOf = ({ factors, blocks, lists, request }: Smoke) => ({ factors, blocks, lists, request });

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
