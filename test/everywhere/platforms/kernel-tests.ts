/** The tests of `test/kernel` as plain JavaScript, for a Node that has no compiler for TypeScript. */
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build, type OnResolveArgs, type OnResolveResult } from 'esbuild';
import { root, run } from '../../support/commands.ts';
import type { Host } from './hosts.ts';

/** The files of tests, as they are named below `test/kernel`. */
export async function kernelTests(): Promise<string[]> {
  const paths = await readdir(join(root, 'test/kernel'), { recursive: true });
  return paths.filter((path) => path.endsWith('.test.ts')).sort();
}

/**
 * Makes a folder that looks to these tests as the repository does, with one binary. What a test imports of `src/` is that of
 * `dist/`; everything else is in its file, which is where its source is.
 */
export async function stageKernelTests(folder: string, binary: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: (await kernelTests()).map((path) => join('test/kernel', path)),
    outdir: join(folder, 'test/kernel'),
    outbase: 'test/kernel',
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Of package.json's `sideEffects`, which are about the package.
    ignoreAnnotations: true,
    logLevel: 'warning',
    // This system does not run by itself what it emulates: tests start what does.
    banner: { js: 'process.execPath = process.env.ENDCAP_TEST_NODE || process.execPath;' },
    plugins: [{ name: 'dist', setup: (build) => build.onResolve({ filter: /^\.\.?\/.*\.ts$/ }, compiled) }],
  });
  for (const path of ['dist', 'build/wasm', 'src', 'native', 'assembly'])
    await cp(join(root, path), join(folder, path), { recursive: true });
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, imports: { '#dist/*': './dist/*' } }));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await mkdir(dirname(join(folder, binary)), { recursive: true });
  await cp(join(root, binary), join(folder, binary));
}

function compiled({ path, resolveDir }: OnResolveArgs): OnResolveResult | undefined {
  const source = relative(join(root, 'src'), join(resolveDir, path));
  if (source.startsWith('..')) return undefined;
  return { path: `#dist/${source.replace(/ts$/, 'js')}`, external: true };
}

export interface Outcome {
  passed: number;
  total: number;
  /** The tests that were skipped, and why. */
  skipped: { name: string; reason: string }[];
  code: number;
  output: string;
}

/** Runs the tests of a file on a host, on all kernels or on the native ones. */
export async function runKernelTests(
  host: Host,
  folder: string,
  file: string,
  kernels: 'all' | 'native',
): Promise<Outcome> {
  const bundle = host.pathOf(join(folder, 'test/kernel', file.replace(/ts$/, 'js')));
  const own = Object.entries(process.env).filter(([name]) => !/^(ENDCAP|NODE_OPTIONS|npm_)/.test(name));
  const env = { ...Object.fromEntries(own), NO_COLOR: '1', FORCE_COLOR: '0', ENDCAP_TEST_NODE: host.starter };
  if (kernels === 'native') Object.assign(env, { ENDCAP_TEST_ISA: host.isas.join() });
  const { stdout, stderr, code } = await run(host.node, [bundle], { cwd: folder, env, seconds: 600 * host.slowness });
  const count = (label: string) => Number(new RegExp(`^ {2}${label}: +(\\d+)`, 'm').exec(stdout)?.[1] ?? 0);
  const skips = stdout.matchAll(/^\s*skipped: (.*?) because (.*)$/gm);
  return {
    passed: count('Passed'),
    total: count('Total'),
    skipped: [...skips].map(([, name, reason]) => ({ name, reason })),
    code,
    output: `${stdout}\n${stderr}`,
  };
}
