/**
 * Runs every `*.test.ts` under `test/`, or only those whose path holds one of the words given. Each file has a process
 * of its own, so that no global, environment variable or open server leaks from one into the next. The last line reads
 * `N passed, N failed, N skipped`; a file that runs no test is a failure, and so is a run that finds no file.
 */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const words = process.argv.slice(2);
const files = (await readdir(root, { recursive: true }))
  .filter((file) => file.endsWith('.test.ts') && (words.length === 0 || words.some((word) => file.includes(word))))
  .sort();

const total = { passed: 0, failed: 0, skipped: 0 };
const queue = [...files];
await Promise.all(Array.from({ length: availableParallelism() }, work));

if (files.length === 0) {
  console.log(`no test file ${words.length > 0 ? `has ${words.join(' or ')} in its path` : 'found'}`);
  total.failed++;
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

async function work(): Promise<void> {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const { output, code } = await run(join(root, file));
    const count = (label: string) => Number(new RegExp(`^ {2}${label}: +(\\d+)`, 'm').exec(output)?.[1] ?? 0);
    const passed = count('Passed');
    const skipped = count('Skipped');
    let failed = count('Total') - passed;
    const ran = passed + failed + skipped > 0;
    if (failed === 0 && (code !== 0 || !ran)) failed = 1;
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    const name = relative(process.cwd(), join(root, file));
    const reasons = new Map<string, number>();
    for (const [, reason] of output.matchAll(/^\s*skipped: .*? because (.*)$/gm)) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    console.log(
      `${failed > 0 ? 'FAIL' : 'ok  '}  ${name}  ${passed} passed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    );
    for (const [reason, count] of reasons) console.log(`      ${count} skipped: ${reason}`);
    if (failed > 0) console.log(ran ? output : `${output}\nno test ran (exit code ${code}): is .run() missing?`);
  }
}

function run(file: string): Promise<{ output: string; code: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ output, code }));
  });
}
