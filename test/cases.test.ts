/** Real exports and cell styles, read by the command line, next to what is right. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sharedCases, testUnless } from './support/skip.ts';

const test = suite('cases');
const root = fileURLToPath(new URL('..', import.meta.url));
const cases = sharedCases('check.mjs');

testUnless(test, cases.absent, 'every case is read as it should be, or refused', async () => {
  const folder = sharedCases('').path;
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const numbers = names.map(({ name }) => String(Number.parseInt(name, 10)));
  const halves = [0, 1].map((half) => numbers.filter((_, i) => i % 2 === half));
  const run = promisify(execFile);
  const outputs = await Promise.all(
    halves.map((half) =>
      run(process.execPath, [join(folder, 'check.mjs'), folder, ...half], { cwd: root }).catch((error) => error),
    ),
  );
  const wrong = outputs.flatMap(({ stdout }) =>
    stdout.split('\n').filter((line: string) => /^(FAIL|PARTLY)/.test(line)),
  );
  assert.equal(wrong, []);
  for (const { stdout } of outputs) assert.match(stdout, /[1-9]\d* ok, 0 failed, 0 partly/);
});

test.run();
