// Builds the native kernels to build/native/Release/endcap.node. If cmake or a compiler is missing, one line says so and
// WebAssembly is used; if a compiler fails, that is an error. ENDCAP_BACKEND=wasm builds nothing, and ENDCAP_BACKEND=native
// makes a missing compiler an error. In any case, no addon built from other sources stays behind.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'build', 'native');
const addon = join(target, 'Release', 'endcap.node');
const cache = join(target, 'CMakeCache.txt');
const log = join(target, 'build.log');
const backend = process.env.ENDCAP_BACKEND;
const oldestCmake = [3, 15];

if (!isCurrent()) {
  const { isas, absent, failure } = backend === 'wasm' ? { absent: 'ENDCAP_BACKEND is wasm' } : build();
  if (!isas) rmSync(addon, { force: true });
  if (failure || (absent && backend === 'native')) {
    console.error(`Endcap: the native kernels were not built: ${failure ?? absent}`);
    if (failure) console.error('To do without native kernels, set ENDCAP_BACKEND=wasm and run the command again.');
    process.exitCode = 1;
  } else if (absent) {
    console.error(`Endcap: ${absent}; WebAssembly will be used`);
  } else {
    console.error(`native kernel built in ${(performance.now() / 1000).toFixed(1)} s: ${isas}`);
  }
}

/** Whether the addon is newer than its sources and loads here: the folder may come from another machine or container. */
function isCurrent() {
  if (!existsSync(addon)) return false;
  const sources = readdirSync(join(root, 'native'))
    .filter((name) => /\.(cpp|hpp|cmake)$/.test(name))
    .map((name) => join('native', name));
  const changed = [...sources, 'CMakeLists.txt', 'package-lock.json']
    .map((name) => join(root, name))
    .filter(existsSync)
    .map((path) => statSync(path).mtimeMs);
  return statSync(addon).mtimeMs > Math.max(...changed) && load().isas !== undefined;
}

/** The C++ compiler, which is undefined if cmake has to find it, or what is absent. */
function findTools() {
  const cmake = run('cmake', ['--version']);
  if (cmake.status !== 0) return { absent: 'no cmake found' };
  const [, version = ''] = /version (\d+\.\d+)/.exec(cmake.stdout) ?? [];
  const [major, minor] = version.split('.').map(Number);
  if (major < oldestCmake[0] || (major === oldestCmake[0] && minor < oldestCmake[1])) {
    return { absent: `cmake is ${version}, but ${oldestCmake.join('.')} or later is needed` };
  }
  if (process.platform === 'win32') return {};
  const { CXX } = process.env;
  const [compiler, ...more] = (CXX?.trim() || ['c++', 'g++', 'clang++'].find(runs) || '').split(/\s+/);
  if (!compiler) return { absent: 'no C++ compiler found' };
  if (!runs(compiler)) return { absent: `the C++ compiler in CXX (${CXX}) does not run` };
  if (!runs('ninja') && !runs('make')) return { absent: 'neither ninja nor make found' };
  // CXX may contain arguments or a launcher such as ccache; cmake parses those itself.
  return more.length > 0 ? {} : { compiler };
}

/** The instruction sets that were built; or what is absent; or what failed, with the end of the log. */
function build() {
  const { compiler, absent } = findTools();
  if (absent) return { absent };
  if (cacheIsForeign()) rmSync(target, { recursive: true, force: true });
  const again = existsSync(cache);
  const result = attempt(compiler);
  if (!result.failure || !again) return result;
  // Left-overs of an older build may be the cause: another compiler, generator, or system.
  rmSync(target, { recursive: true, force: true });
  return attempt(compiler);
}

function attempt(compiler) {
  const began = new Date();
  mkdirSync(target, { recursive: true });
  const command = [cmakeJs(), 'build', '--directory', root, '--out', target, '--parallel', availableParallelism()];
  if (compiler) command.push('--cc', compiler, '--cxx', compiler);
  const output = openSync(log, 'w');
  const { status, signal } = run(process.execPath, command, { cwd: root, stdio: ['ignore', output, output] });
  if (status !== 0) {
    const text = readFileSync(log, 'utf8');
    // Only cmake-js can look for this one.
    if (text.includes('Could not find any Visual Studio')) return { absent: 'no Visual Studio with C++ found' };
    const cause = signal ? `the build was killed by ${signal}` : 'the build failed';
    return { failure: `${cause}; the end of ${log}:\n\n${lastLines(text)}\n` };
  }
  const { isas, failure } = load();
  if (failure) return { failure: `the addon was built but does not load:\n\n${lastLines(failure)}\n` };
  // With the time when the build began, a source saved during the build is newer. Without it, a source whose change left the
  // binary as it was would stay newer for ever.
  utimesSync(addon, began, began);
  return { isas };
}

/** The instruction sets of the addon that run here, best first. Loads it in another process, since it may crash. */
function load() {
  const show = 'console.log(Object.keys(require(process.argv[1]).operations).join(", "))';
  const { status, signal, stdout, stderr } = run(process.execPath, ['-e', show, addon]);
  return status === 0 ? { isas: stdout.trim() } : { failure: stderr.trim() || `killed by ${signal}` };
}

/** Whether the cache belongs to another folder, as in a copied or moved checkout; cmake would build there. */
function cacheIsForeign() {
  if (!existsSync(cache)) return false;
  const [, folder] = /^CMAKE_CACHEFILE_DIR:INTERNAL=(.*)$/m.exec(readFileSync(cache, 'utf8')) ?? [];
  return !folder || !existsSync(folder) || realpathSync(folder) !== realpathSync(target);
}

function cmakeJs() {
  return createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
}

/** Whether a command works: one on the PATH may be a stub, as on a Mac without its command line tools. */
function runs(command) {
  return run(command, ['--version']).status === 0;
}

function run(command, args, options) {
  return spawnSync(command, args, { encoding: 'utf8', ...options });
}

function lastLines(text) {
  return text.trimEnd().split('\n').slice(-30).join('\n');
}
