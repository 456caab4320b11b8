/** Builds with sanitizers, each in a folder of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A command with its first arguments, as in CXX. */
type Compiler = readonly [string, ...string[]];

export interface Tools {
  compiler: Compiler;
  /** The library of each sanitizer, which a program that is not built with it, such as Node, must load first. */
  runtimes: { address: string; thread: string };
}

/** The compiler and its sanitizers, or why there are none here. */
export function findTools(): Tools | { absent: string } {
  if (process.platform !== 'linux') return { absent: `sanitizers are used on Linux, and this is ${process.platform}` };
  const named = process.env.CXX?.trim();
  const commands = named ? [named] : ['c++', 'g++', 'clang++'];
  const compilers = commands.map((command) => command.split(/\s+/) as unknown as Compiler);
  const compiler = compilers.find((words) => output(words, ['--version']) !== undefined);
  if (!compiler) return { absent: `no C++ compiler found: ${commands.join(', ')}` };
  const [address, thread] = [runtimeOf(compiler, 'asan'), runtimeOf(compiler, 'tsan')];
  if (address && thread) return { compiler, runtimes: { address, thread } };
  return { absent: `${compiler.join(' ')} lacks the libraries of AddressSanitizer or ThreadSanitizer` };
}

function runtimeOf(compiler: Compiler, name: 'asan' | 'tsan'): string | undefined {
  const arch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  // The first name is GCC's; Clang has had two.
  const files = [`lib${name}.so`, `libclang_rt.${name}-${arch}.so`, `libclang_rt.${name}.so`];
  const found = files.map((file) => output(compiler, [`-print-file-name=${file}`]));
  // A compiler that lacks a file repeats its name.
  const path = found.find((path) => path !== undefined && isAbsolute(path) && existsSync(path));
  return path && library(realpathSync(path));
}

/** The library itself if the file is a linker script that names it, as on Fedora. */
function library(file: string): string {
  const script = /INPUT *\( *(\/\S+)/.exec(readFileSync(file, 'latin1').slice(0, 1000));
  return script?.[1] ?? file;
}

/**
 * Builds a target of CMakeLists.txt with sanitizers, named as the compiler names them, below `build/<folder>`. Returns the
 * folder of what was built.
 *
 * @throws Error with the log if a command fails.
 */
export function buildWith({ compiler }: Tools, sanitizers: string, folder: string, target: string): string {
  const out = join(root, 'build', folder);
  const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
  const compilers = compiler.length > 1 ? [] : ['--cc', compiler[0], '--cxx', compiler[0]];
  const options = [`--CDENDCAP_SANITIZE=${sanitizers}`, '--target', target, '--parallel', `${availableParallelism()}`];
  const command = [cmakeJs, 'build', '--directory', root, '--out', out, ...compilers, ...options];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build with ${sanitizers} failed:\n${stdout}\n${stderr}`);
  return out;
}

/** What a command prints; undefined if it does not run. */
function output([program, ...words]: Compiler, args: string[]): string | undefined {
  const { status, stdout } = spawnSync(program, [...words, ...args], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
