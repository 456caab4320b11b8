/**
 * The test runner. `npm test` runs every `*.test.ts` under `test/`; `npm test -- kernel` runs one room; any other word
 * runs the files with it in their path. With `--everywhere` before the words, the files are `*.everywhere.ts`. Each file runs in
 * its own process, so that no global, environment variable or open server leaks into the next. The last line reads
 * `N passed, N failed, N skipped`. A file in which no test runs counts as failed, and so does a word that matches no file, and a
 * file that hangs.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const printed = new URL('support/printed.ts', import.meta.url).href;
const isEverywhere = process.argv[2] === '--everywhere';

interface Report {
  javascriptStack: object;
  workers: Report[];
  libuv: { is_active: boolean; is_referenced?: boolean }[];
}

/** A file that takes longer hangs. It is told to report where it stands, and killed. */
const limitMinutes = isEverywhere ? 25 : 10;
/** What a process needs to write its report, or the rest of its output. */
const graceMs = 10_000;
/** Words in the paths of files that take longer than their size says, longest first. */
const long = [
  ...['platforms/arm64.', 'spark/solve', 'platforms/arm64-musl', 'platforms/windows', 'everywhere/next', 'spark/batch'],
  ...['everywhere/node', 'platforms/here', 'platforms/musl'],
  ...['live/week/', 'kills.test', 'test/cases', 'kernel/garbage'],
];
const paths = (await readdir(root, { recursive: true })).map((path) => path.split(sep).join('/'));
const files = paths.filter((path) => path.endsWith(isEverywhere ? '.everywhere.ts' : '.test.ts'));
const words = process.argv.slice(isEverywhere ? 3 : 2);
const total = { passed: 0, failed: 0, skipped: 0 };

const selected = new Set(words.length === 0 ? files : words.flatMap(filesOf));
const queue = await longestFirst([...selected]);
// More than there are cores: files that wait for a port, a process, or the disk leave a core idle. Hosts take more memory.
await Promise.all(Array.from({ length: availableParallelism() + (isEverywhere ? 1 : 2) }, work));

console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** The files of the room that the word names, or else those with the word in their path. */
function filesOf(word: string): string[] {
  const isRoom = files.some((file) => file.startsWith(`${word}/`));
  const found = files.filter((file) => (isRoom ? file.startsWith(`${word}/`) : `test/${file}`.includes(word)));
  if (found.length === 0) {
    console.log(`FAIL  no room is named ${word}, and no test file has it in its path`);
    total.failed++;
  }
  return found;
}

/** A long file that started last would run alone at the end. Without earlier runs, size is the best guess at time. */
async function longestFirst(files: string[]): Promise<string[]> {
  const places = files.map(async (file) => {
    const place = long.findIndex((word) => `test/${file}`.includes(word));
    return { file, place: place < 0 ? long.length : place, size: (await stat(join(root, file))).size };
  });
  const sorted = (await Promise.all(places)).sort((a, b) => a.place - b.place || b.size - a.size);
  return sorted.map(({ file }) => file);
}

async function work(): Promise<void> {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const started = performance.now();
    const { output, code } = await run(join(root, file));
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const count = (label: string) => Number(new RegExp(`^ {2}${label}: +(\\d+)`, 'm').exec(output)?.[1] ?? 0);
    const passed = count('Passed');
    const skipped = count('Skipped');
    let failed = count('Total') - passed;
    const ran = passed + failed + skipped > 0;
    if (failed === 0 && (code !== 0 || !ran)) failed = 1;
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    const counts = `${passed} passed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    console.log(`${failed > 0 ? 'FAIL' : 'ok  '}  test/${file}  ${counts}, ${seconds} s`);
    const reasons = new Map<string, number>();
    for (const [, reason] of output.matchAll(/^\s*skipped: .*? because (.*)$/gm)) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    for (const [reason, count] of reasons) console.log(`      ${count} skipped: ${reason}`);
    if (failed === 0) continue;
    console.log(output);
    if (!ran) console.log(`no test ran (exit code ${code}): is .run() missing?`);
  }
}

function run(file: string): Promise<{ output: string; code: number | null }> {
  return new Promise((resolve, reject) => {
    const report = join(tmpdir(), `endcap-test-${process.pid}-${file.replaceAll(/\W+/g, '-')}.json`);
    const child = spawn(
      process.execPath,
      ['--report-on-signal', `--report-filename=${report}`, '--import', 'tsx', '--import', printed, file],
      {
        env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    let timer = setTimeout(() => {
      output += `\nstopped after ${limitMinutes} minutes, in which it did not end\n`;
      child.kill(process.platform === 'win32' ? 'SIGKILL' : 'SIGUSR2');
      timer = setTimeout(() => {
        output += whereItStood(report);
        child.kill('SIGKILL');
      }, graceMs);
    }, limitMinutes * 60_000);
    const done = (code: number | null) => {
      clearTimeout(timer);
      resolve({ output, code });
    };
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', done);
    // A process that a test left behind keeps the output open, which then never closes.
    child.on('exit', () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        output += '\na process that it started still runs, and holds its output\n';
        child.stdout.destroy();
        child.stderr.destroy();
        done(null);
      }, graceMs);
    });
  });
}

/** Stacks of all threads of a diagnostic report, and what keeps the process alive. */
function whereItStood(report: string): string {
  try {
    const { javascriptStack, workers, libuv }: Report = JSON.parse(readFileSync(report, 'utf8'));
    const stacks = [javascriptStack, ...workers.map((worker) => worker.javascriptStack)];
    const handles = libuv.filter(({ is_active, is_referenced }) => is_active && is_referenced !== false);
    return [...stacks, ...handles].map((one) => JSON.stringify(one)).join('\n');
  } catch {
    return 'it gave no report, as where JavaScript does not come to an end';
  } finally {
    rmSync(report, { force: true });
  }
}
