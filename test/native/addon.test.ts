/** The addon itself, without the TypeScript around it: the local build and the binary of the package. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../support/commands.ts';
import { addonsHere } from '../support/prebuilds.ts';
import { testUnless } from '../support/skip.ts';

const test = suite('addon');
const addons = await addonsHere();
if (addons.length === 0) testUnless(test, 'there is no native build', 'the addon', () => {});

/** The instruction sets that this machine runs, best first, or why nobody says so. */
function isasOfMachine(): { isas: string[]; unknown?: undefined } | { isas?: undefined; unknown: string } {
  if (process.arch === 'arm64') return { isas: ['neon', 'scalar'] };
  if (process.arch !== 'x64') return { isas: ['scalar'] };
  if (process.platform !== 'linux') return { unknown: 'only Linux has /proc/cpuinfo' };
  const [, flags] = /^flags\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
  if (flags === undefined) return { unknown: '/proc/cpuinfo names no flags' };
  const has = new Set(flags.split(' '));
  const needs: [isa: string, flags: string[]][] = [
    ['avx512vnni', ['avx2', 'fma', 'avx512f', 'avx512dq', 'avx512bw', 'avx512vl', 'avx512_vnni']],
    ['avx512', ['avx2', 'fma', 'avx512f', 'avx512dq', 'avx512bw', 'avx512vl']],
    ['avx2', ['avx2', 'fma']],
  ];
  const fast = needs.filter(([, flags]) => flags.every((flag) => has.has(flag))).map(([isa]) => isa);
  return { isas: [...fast, 'sse2', 'scalar'] };
}

const { isas, unknown } = isasOfMachine();
const load = (addon: string) => createRequire(import.meta.url)(join(root, addon));

for (const addon of addons) {
  testUnless(test, unknown, `${addon} has the instruction sets of this machine, best first`, () => {
    assert.equal(Object.keys(load(addon).operations), isas);
  });

  test(`${addon} refuses a call and says which argument is wrong`, () => {
    const { operations, misalignment } = load(addon);
    const { gram, peak } = operations.scalar;
    const floats = new Float32Array(16);
    const refusals: [call: () => unknown, message: string][] = [
      [() => peak(), 'expected 2 arguments'],
      [() => peak(1, floats, 0), 'expected 2 arguments'],
      [() => peak('1', floats), 'argument 1 must be a number'],
      [() => peak(1, new Float64Array(16)), 'argument 2 must be a Float32Array'],
      [() => peak(1, 1), 'argument 2 must be a Float32Array'],
      [() => peak(null, null), 'argument 1 must be a number'],
      [() => gram(floats, 1, 16, 1, floats, 0, {}), 'argument 7 must be a number'],
      [() => misalignment(floats), 'argument 1 must be a Uint8Array'],
    ];
    for (const [call, message] of refusals)
      assert.throws(call, (error: Error) => error instanceof TypeError && error.message === message, message);
    assert.ok(peak(1, floats) > 0);
  });

  test(`${addon} survives threads that are terminated while they load it, call it, and are refused`, () => {
    const program = `
      const { Worker } = require('node:worker_threads');
      const { setTimeout } = require('node:timers/promises');
      const calls = \`
        const { operations } = require(\${JSON.stringify(process.argv[1])});
        const sink = new Float32Array(16);
        for (;;) {
          for (const { peak } of Object.values(operations)) {
            peak(1000, sink);
            try { peak({}, sink) } catch {}
          }
        }\`;
      (async () => {
        for (let i = 0; i < 40; i++) {
          const worker = new Worker(calls, { eval: true });
          await setTimeout(i);
          await worker.terminate();
        }
        console.log('alive');
      })();`;
    const { stdout, stderr, signal } = spawnSync(process.execPath, ['-e', program, join(root, addon)], {
      encoding: 'utf8',
    });
    assert.is(stdout.trim(), 'alive', `${signal} ${stderr}`);
  });
}

test.run();
