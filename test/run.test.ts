import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('run');
const root = fileURLToPath(new URL('.', import.meta.url));

/** What the runner prints for these words, without the times that files took. */
function runTests(...words: string[]): { lines: string[]; code: number | null } {
  const { stdout, status } = spawnSync(process.execPath, ['--import', 'tsx', `${root}run.ts`, ...words], {
    encoding: 'utf8',
  });
  return { lines: stdout.trimEnd().split('\n'), code: status };
}

test('the name of a room runs all files of that room and no others', () => {
  const { lines, code } = runTests('ranking');
  const ran = lines.slice(0, -1).map((line) => /^ok {4}test\/ranking\/(\S+) {2}\d+ passed, [\d.]+ s$/.exec(line)?.[1]);
  const files = readdirSync(`${root}ranking`).filter((file) => file.endsWith('.test.ts'));
  assert.equal(ran.sort(), files.sort());
  assert.match(lines.at(-1)!, /^[1-9]\d* passed, 0 failed, 0 skipped$/);
  assert.is(code, 0);
});

test('another word runs the files with it in their path; a word without files and a file without tests fail', () => {
  const file = `${root}run-nothing-${process.pid}.test.ts`;
  writeFileSync(file, "import { suite } from 'uvu';\nsuite('never run')('passes', () => {});\n");
  try {
    const { lines, code } = runTests('ranking/sig', 'no-such-room', `run-nothing-${process.pid}`);
    assert.is(lines[0], 'FAIL  no room is named no-such-room, and no test file has it in its path');
    assert.ok(lines.some((line) => /^ok {4}test\/ranking\/signals\.test\.ts {2}[1-9]\d* passed, [\d.]+ s$/.test(line)));
    assert.ok(lines.some((line) => /^FAIL {2}test\/run-nothing-\d+\.test\.ts {2}0 passed, [\d.]+ s$/.test(line)));
    assert.ok(lines.includes('no test ran (exit code 0): is .run() missing?'));
    assert.match(lines.at(-1)!, /^[1-9]\d* passed, 2 failed, 0 skipped$/);
    assert.is(code, 1);
  } finally {
    rmSync(file);
  }
});

test.run();
