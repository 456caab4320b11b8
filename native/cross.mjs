// npm run prebuilds [-- target ...]: compiles the addon for every platform, whatever this machine is, with zig as the compiler,
// and writes prebuilds/<target>/endcap.node. Objects and binaries stay in build/cross under a hash of what they are made of, so
// that only what changed is built again. With --current, it builds nothing and prints which binaries are there and up to date.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The name of each platform in Node, and in zig with its oldest version. On Linux, nothing in a binary depends on glibc. */
export const targets = {
  'linux-x64': 'x86_64-linux-gnu.2.17',
  'linux-arm64': 'aarch64-linux-gnu.2.17',
  'win32-x64': 'x86_64-windows-gnu',
  'win32-arm64': 'aarch64-windows-gnu',
  'darwin-x64': 'x86_64-macos.10.15',
  'darwin-arm64': 'aarch64-macos.11.0',
};

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'build', 'cross');
const requirements = join(root, 'native', 'zig.txt');

/** Builds what is absent or made from other sources, and prints a line for each target. */
export async function build(names) {
  const unknown = names.find((name) => !Object.hasOwn(targets, name));
  if (unknown) throw new Error(`no target is named ${unknown}; there are ${Object.keys(targets).join(', ')}`);
  const plans = (names.length > 0 ? names : Object.keys(targets)).map(planOf);
  const zig = plans.some(({ binary }) => !existsSync(binary.path)) ? installedZig() : undefined;
  const inTurn = limited(availableParallelism());
  const results = await Promise.allSettled(plans.map((plan) => buildTarget(plan, zig, inTurn)));
  const failed = results.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.message);
  if (failed.length > 0) throw new Error(`the binaries were not built:\n\n${failed.join('\n\n')}`);
}

async function buildTarget({ target, objects, binary }, zig, inTurn) {
  let began;
  const made = async ({ path, args }) => {
    if (existsSync(path)) return;
    await inTurn(async () => {
      began ??= performance.now();
      mkdirSync(dirname(path), { recursive: true });
      await run(zig, [...args, args[0] === 'build-lib' ? `-femit-bin=${path}.new` : `-o${path}.new`]);
      renameSync(`${path}.new`, path);
    });
  };
  if (!existsSync(binary.path)) {
    await Promise.all(objects.map(made));
    await made(binary);
  }
  const inPackage = fileOf(target);
  mkdirSync(dirname(inPackage), { recursive: true });
  copyFileSync(binary.path, `${inPackage}.new`);
  renameSync(`${inPackage}.new`, inPackage);
  const kept = new Set([binary, ...objects].map(({ path }) => path));
  const built = dirname(binary.path);
  for (const name of readdirSync(built))
    if (!kept.has(join(built, name))) rmSync(join(built, name), { recursive: true });
  const time = began === undefined ? 'as it was' : `built in ${((performance.now() - began) / 1000).toFixed(1)} s`;
  console.error(`${target}: ${Math.round(statSync(inPackage).size / 1024)} KiB, ${time}`);
}

/** Where the package has the binary of a target. */
export function fileOf(target) {
  return join(root, 'prebuilds', target, 'endcap.node');
}

/** Whether a target's binary is there and made from the sources as they are. */
export function isCurrent(target) {
  const { path } = planOf(target).binary;
  const file = fileOf(target);
  return existsSync(path) && existsSync(file) && readFileSync(file).equals(readFileSync(path));
}

/** What a target is made of: files, and the arguments of zig that make them. */
function planOf(target) {
  const [platform, arch] = target.split('-');
  const flags = cmakeLists();
  const common = ['c++', '-target', targets[target], '-std=gnu++17', '-g0', '-fPIC', '-fvisibility=hidden'];
  // Checks that need functions of the C library or of zig.
  common.push('-fno-stack-protector', '-fno-sanitize=undefined');
  const headers = readdirSync(join(root, 'native')).filter((name) => name.endsWith('.hpp'));
  const file = (name, args, sources, versions = []) => {
    const texts = [...sources.map((source) => join(root, 'native', source)), requirements].map((path) =>
      readFileSync(path),
    );
    const [stem, extension] = name.split('.');
    return { args, path: join(folder, target, `${stem}-${hash(args, texts, versions)}.${extension}`) };
  };
  const object = (source, args, name = source.split('.')[0], versions = []) =>
    file(`${name}.o`, [...common, ...args, '-c', `native/${source}`], [source, ...headers], versions);

  const kernels = flags[`ISAS_${arch}`].map((isa) => {
    const definitions = [`ENDCAP_ISA=${isa}`, `ENDCAP_ISA_IS_${isa}=1`, ...(flags[`DEFINES_${isa}`] ?? [])];
    // All CPUs of these platforms have more than scalar, which tests compare the others with: it need not be fast.
    const ofIsa = [
      ...(isa === 'scalar' ? ['-Os'] : flags.OPTIMIZATION),
      ...flags.FLAGS_kernel,
      ...(flags[`FLAGS_${isa}`] ?? []),
    ];
    return object('kernels.cpp', [...ofIsa, ...defined(definitions)], `kernels-${isa}`);
  });
  // Of all symbols, only those that Node looks for are visible; operators are, unless told otherwise.
  const own = [
    '-Os',
    '-fvisibility-global-new-delete=force-hidden',
    ...flags.FLAGS_addon,
    ...defined(flags[`DEFINES_${arch}`]),
  ];
  const { include, versions } = packages();
  const objects = [
    object('addon.cpp', [...own, ...defined(flags.DEFINES_addon), ...include], 'addon', versions),
    object('dispatch.cpp', own),
    object('runtime.cpp', own),
    ...(platform === 'win32' ? [object('windows.cpp', own)] : []),
    ...kernels,
  ];
  const parts = objects.map(({ path }) => relative(root, path));
  return {
    target,
    objects,
    binary: file('endcap.node', linking(target, parts), []),
  };
}

/** How objects become a binary that exports two functions and links nothing but what every system of its kind has. */
function linking(target, objects) {
  const triple = ['-target', targets[target]];
  const shared = ['cc', ...triple, '-shared', '-s', ...objects];
  switch (target.split('-')[0]) {
    case 'linux':
      return [...shared, '-nostdlib', '-Wl,--gc-sections'];
    case 'darwin':
      return [...shared, '-Wl,-undefined,dynamic_lookup', '-Wl,-dead_strip', '-Wl,-install_name,endcap.node'];
    default:
      // Windows has no functions such as memset in every process, and zig has a few without all of a C library.
      return [
        'build-lib',
        ...triple,
        '-dynamic',
        '-OReleaseFast',
        '-fstrip',
        '-fcompiler-rt',
        '-fno-emit-implib',
        '--name',
        'endcap',
        ...objects,
        '-lkernel32',
      ];
  }
}

/** The headers of Node-API, and the versions of the packages, which stand for what is in them. */
function packages() {
  const require = createRequire(import.meta.url);
  const found = ['node-api-headers', 'node-addon-api'].map((name) => require.resolve(`${name}/package.json`));
  const [headers, addon] = found.map((path) => relative(root, dirname(path)));
  return {
    include: ['-isystem', join(headers, 'include'), '-isystem', addon],
    versions: found.map((path) => require(path).version),
  };
}

/** The lists that flags.cmake sets, with references to earlier ones resolved. */
function cmakeLists() {
  const text = readFileSync(join(root, 'native', 'flags.cmake'), 'utf8').replaceAll(/#.*/g, '');
  const lists = {};
  for (const [, name, words] of text.matchAll(/\bset\((\w+)([^)]*)\)/g)) {
    const resolved = words.replaceAll(/\$\{(\w+)\}/g, (_, other) => lists[other].join(' '));
    lists[name] = resolved.split(/\s+/).filter(Boolean);
  }
  return lists;
}

function defined(definitions = []) {
  return definitions.map((definition) => `-D${definition}`);
}

function hash(...parts) {
  return createHash('sha256')
    .update(
      parts
        .flat()
        .map((part) => `${part.length} ${part}`)
        .join('\n'),
    )
    .digest('hex')
    .slice(0, 16);
}

/** Runs jobs as they come, no more than `count` at a time. */
function limited(count) {
  const waiting = [];
  let free = count;
  return async (job) => {
    if (free > 0) free--;
    else await new Promise((resolve) => waiting.push(resolve));
    try {
      return await job();
    } finally {
      if (waiting.length > 0) waiting.shift()();
      else free++;
    }
  };
}

/** The zig of zig.txt, which Python installs into a virtual environment if it is not there. */
function installedZig() {
  const venv = join(folder, `venv-${hash(readFileSync(requirements))}`);
  const python = join(venv, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
  const find = () => attempt(python, '-c', 'import os, ziglang; print(os.path.dirname(ziglang.__file__))');
  let found = find();
  if (found.status !== 0) {
    const system = ['python3', 'python', 'py'].find(
      (name) => attempt(name, '-c', 'import venv, ensurepip').status === 0,
    );
    if (!system)
      throw new Error(
        'zig, which compiles for all platforms, comes from PyPI, and there is no Python 3 with venv and pip here',
      );
    console.error('installing zig, about 100 MB');
    rmSync(venv, { recursive: true, force: true });
    const pip = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--require-hashes',
      '-r',
      requirements,
    ];
    for (const command of [
      [system, '-m', 'venv', venv],
      [python, ...pip],
    ]) {
      const { status, stderr } = attempt(...command);
      if (status !== 0) throw new Error(`zig could not be installed: ${command.join(' ')}\n${stderr}`);
    }
    found = find();
  }
  return join(found.stdout.trim(), 'zig');
}

function attempt(command, ...args) {
  return spawnSync(command, args, { encoding: 'utf8' });
}

/** Runs zig with its caches in the folder of this program. Fails with the end of what it printed. */
async function run(zig, args) {
  const caches = { ZIG_GLOBAL_CACHE_DIR: join(folder, 'cache'), ZIG_LOCAL_CACHE_DIR: join(folder, 'cache') };
  const child = spawn(zig, args, {
    cwd: root,
    env: { ...process.env, ...caches },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (printed += text));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`zig ${args.join(' ')}\n${printed.trim().split('\n').slice(-30).join('\n')}`);
  if (printed) console.error(printed.trim());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const names = process.argv.slice(2);
    if (names[0] === '--current') console.log(JSON.stringify(Object.keys(targets).filter(isCurrent)));
    else await build(names);
  } catch (error) {
    console.error(`Endcap: ${error.message}`);
    process.exitCode = 1;
  }
}
