import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { load } from '../../src/kernel/backends.ts';
import { definitions } from '../../src/kernel/operations/definitions.ts';
import { webAssembly } from '../../src/kernel/webassembly.ts';
import { testUnless } from '../support/skip.ts';
import { backends } from './backends.ts';

const test = suite('wasm');
const file = (isa: string) => new URL(`../../build/wasm/endcap.${isa}.wasm`, import.meta.url);

test('the modules import only the memory', () => {
  for (const { options, absent } of backends) {
    if (absent || options.backend !== 'wasm') continue;
    const module = new webAssembly.Module(readFileSync(file(options.isa!)));
    assert.equal(webAssembly.Module.imports(module), [{ module: 'env', name: 'memory', kind: 'memory' }]);
  }
});

test('every backend has exactly the operations of the table', () => {
  const names = Object.keys(definitions).sort();
  for (const { name, options, absent } of backends)
    if (!absent) assert.equal(Object.keys(load(options.backend!, options.isa, [])!.operations).sort(), names, name);
});

const otherFlags = process.arch === 'x64' ? undefined : 'SIMD can be switched off on x64 only';
testUnless(test, otherFlags, 'an engine without SIMD accepts the scalar module and refuses the others', () => {
  const program = `
    const { readFileSync } = require('node:fs');
    for (const path of process.argv.slice(1)) console.log(WebAssembly.validate(readFileSync(path)));`;
  const paths = ['scalar', 'simd', 'relaxed'].map((isa) => fileURLToPath(file(isa)));
  const noSimd = ['--no-enable-ssse3', '--no-enable-sse4-1'];
  const { stdout } = spawnSync(process.execPath, [...noSimd, '-e', program, ...paths], { encoding: 'utf8' });
  assert.equal(stdout.trim().split('\n'), ['true', 'false', 'false']);
});

test.run();
