/** The binaries of the package: what each needs of its system, what it exports, and how large they are. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { binaries as platforms } from '../../src/kernel/backends.ts';
import { root } from '../support/commands.ts';
import { currentPrebuilds } from '../support/prebuilds.ts';
import { testUnless } from '../support/skip.ts';
import { readBinary } from './binary.ts';

const test = suite('prebuilds');
const current = await currentPrebuilds();
const reasonAgainst = (platform: string) =>
  current.includes(platform) ? undefined : 'npm run prebuilds has not made it from these sources';
const bytesOf = (platform: string) => readFileSync(join(root, 'prebuilds', platform, 'endcap.node'));

const { symbols } = createRequire(import.meta.url)('node-api-headers');
const nodeFunctions = new Set<string>([...symbols.v8.js_native_api_symbols, ...symbols.v8.node_api_symbols]);

/** What a binary may need besides Node, and what it has besides the two functions that Node looks for. */
const systems: Record<string, { format: string; libraries: string[]; imports: string[]; markers?: string[] }> = {
  linux: { format: 'ELF', libraries: [], imports: ['madvise', 'mallopt', 'memcpy', 'memset', 'strlen'] },
  win32: { format: 'PE', libraries: ['KERNEL32.dll'], imports: ['GetModuleHandleW', 'GetProcAddress'] },
  darwin: {
    format: 'Mach-O',
    // macOS loads no library without this one.
    libraries: ['/usr/lib/libSystem.B.dylib'],
    imports: ['__bzero', 'bzero', 'dyld_stub_binder', 'memcpy', 'memset', 'memset_pattern16', 'strlen'],
    markers: ['__dso_handle', '_mh_dylib_header'],
  },
};

for (const platform of platforms) {
  const [system, arch] = platform.split('-');
  const allowed = systems[system];

  testUnless(test, reasonAgainst(platform), `${platform} needs nothing but Node and its system`, () => {
    const { format, machine, libraries, imports, needsVersions } = readBinary(bytesOf(platform));
    assert.equal([format, machine], [allowed.format, arch]);
    assert.equal(libraries, allowed.libraries);
    const others = imports.filter((name) => !nodeFunctions.has(name) && !allowed.imports.includes(name));
    assert.equal(others, []);
    // Those of Windows look for the functions of Node themselves.
    assert.is(imports.includes('napi_create_function'), system !== 'win32');
    // Electron refuses arrays over memory that is not JavaScript's.
    assert.not.ok(imports.some((name) => name.includes('external')));
    assert.not.ok(needsVersions, 'it needs a version of the C library');
  });

  testUnless(test, reasonAgainst(platform), `${platform} exports what Node looks for and nothing else`, () => {
    const { exports } = readBinary(bytesOf(platform));
    const own = exports.filter((name) => !allowed.markers?.includes(name));
    assert.equal(own.sort(), ['napi_register_module_v1', 'node_api_module_get_api_version_v1']);
  });
}

testUnless(test, reasonAgainst('darwin-arm64'), 'darwin-arm64 has a signature that fits the file', () => {
  const file = bytesOf('darwin-arm64');
  assert.is(readBinary(file).signature, '');
  file[file.length >> 1] ^= 1;
  assert.match(`${readBinary(file).signature}`, /page \d+ has another hash/);
});

const missing = platforms.map(reasonAgainst).find((reason) => reason !== undefined);
testUnless(test, missing, 'all together take 3 MB at most', () => {
  const bytes = platforms.map((platform) => bytesOf(platform).length).reduce((sum, length) => sum + length, 0);
  assert.ok(bytes <= 3e6, `${bytes} bytes`);
});

test('Windows looks for functions that every supported Node has', () => {
  const names = [...readFileSync(join(root, 'native/windows.cpp'), 'utf8').matchAll(/FUNCTION\((\w+)\)/g)];
  assert.ok(names.length > 20);
  assert.equal(
    names.map(([, name]) => name).filter((name) => name.startsWith('napi_') && !nodeFunctions.has(name)),
    [],
  );
  assert.not.ok(names.some(([, name]) => name.includes('external')));
});

test.run();
