import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite<{ lines: string[]; code: number | null }>('run');
const root = fileURLToPath(new URL('.', import.meta.url));
/** A room of its own, and files beside it with the room's name in their path. */
const room = `room${process.pid}`;
const passing =
  "import { suite } from 'uvu';\nconst test = suite('made up');\ntest('passes', () => {});\ntest.run();\n";
const made = {
  [`${room}/passing.test.ts`]: passing,
  [`${room}/host.everywhere.ts`]: passing,
  [`beside-${room}.test.ts`]: passing,
  [`other${process.pid}.test.ts`]: passing.replace('test.run();', ''),
  [`detailed${process.pid}.test.ts`]: passing
    .replace('test.run', "test('passes, too', () => {});\ntest.run")
    .replace('{}', "{ throw Object.assign(new Error('what went wrong'), { details: { file: 'x' } }); }"),
};

test.before((context) => {
  mkdirSync(`${root}${room}`);
  for (const [file, text] of Object.entries(made)) writeFileSync(root + file, text);
  const words = [room, `other${process.pid}`, `detailed${process.pid}`, 'no-such-room'];
  const command = ['--import', 'tsx', `${root}run.ts`, ...words];
  const { stdout, status } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  context.lines = stdout.trimEnd().split('\n');
  context.code = status;
});
test.after(() => {
  for (const file of [...Object.keys(made), room]) rmSync(root + file, { recursive: true });
});

test('a word that names a room runs its files, and not others with the word in their path', ({ lines }) => {
  const passed = lines.filter((line) => line.startsWith('ok'));
  assert.is(passed.length, 1);
  assert.match(passed[0], new RegExp(`^ok {4}test/${room}/passing\\.test\\.ts {2}1 passed, [\\d.]+ s$`));
});

test('any other word runs the files with it in their path; one in which no test runs fails', ({ lines }) => {
  assert.ok(lines.some((line) => line.startsWith(`FAIL  test/other${process.pid}.test.ts  0 passed`)));
  assert.ok(lines.includes('no test ran (exit code 0): is .run() missing?'));
});

test('an error whose details are not text is printed, and the tests after it run', ({ lines }) => {
  assert.ok(lines.some((line) => line.startsWith(`FAIL  test/detailed${process.pid}.test.ts  1 passed`)));
  assert.ok(lines.some((line) => line.includes('what went wrong')));
  assert.ok(lines.some((line) => line.includes("{ file: 'x' }")));
});

test('a word that matches no file fails', ({ lines }) => {
  assert.is(lines[0], 'FAIL  no room is named no-such-room, and no test file has it in its path');
});

test('the last line counts, and the exit code is 1 if anything failed', ({ lines, code }) => {
  assert.is(lines.at(-1), '2 passed, 3 failed, 0 skipped');
  assert.is(code, 1);
});

test('with --everywhere, the words choose among the files of that name', () => {
  const command = ['--import', 'tsx', `${root}run.ts`, '--everywhere', room];
  const { stdout, status } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  assert.match(
    stdout,
    new RegExp(`^ok {4}test/${room}/host\\.everywhere\\.ts {2}1 passed, [\\d.]+ s\n1 passed, 0 failed`),
  );
  assert.is(status, 0);
});

test.run();
