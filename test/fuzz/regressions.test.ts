/** Runs what was once found again. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import { regressions } from './regressions.ts';
import { targetNamed } from './target.ts';

const test = suite('fuzz regressions');
const fuzzer = fileURLToPath(new URL('./fuzz.ts', import.meta.url));
const folder = fileURLToPath(new URL('./regressions', import.meta.url));

for (const { target, name, input } of regressions) {
  test(`${target}: ${name}`, async () => {
    const { run } = await targetNamed(target).load();
    await run(await input());
  });
}

for (const name of readdirSync(folder)) {
  // In a process of its own, which can be ended if the input makes it run for ever again.
  test(name, async () => {
    const command = ['--import', import.meta.resolve('tsx'), fuzzer, '--replay', join(folder, name)];
    await promisify(execFile)(process.execPath, command, { timeout: 600_000, killSignal: 'SIGKILL' });
  });
}

test.run();
