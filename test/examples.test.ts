/** Runs the programs in `test/examples/` as a user would and checks what they print. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('examples');
const folder = fileURLToPath(new URL('examples/', import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), 'endcap-examples-'));
test.after(() => rmSync(cwd, { recursive: true }));

/** Runs an example and returns the lines that it prints. Fails if it exits with an error or writes to stderr. */
async function linesOf(name: string, ...args: string[]): Promise<string[]> {
  const command = ['--import', import.meta.resolve('tsx'), join(folder, name), ...args];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { cwd });
  assert.is(stderr, '');
  return stdout.trimEnd().split('\n');
}

/** Checks an example in which a shop answers below `/shop` of another framework's app. */
async function answersBeside(name: string): Promise<void> {
  const [own, list, root, missing] = await linesOf(name);
  assert.is(own, 'Welcome');
  const [, answer] = /^200 (.*)$/.exec(list)!;
  assert.is(JSON.parse(answer).recommendations.length, 2);
  assert.is(JSON.parse(answer).source, 'basket');
  assert.is(root, '/shop');
  assert.match(missing, /^404 .*"not_found","message":"there is no \/shop\/nowhere here/);
}

const tests: Record<string, () => Promise<void>> = {
  async 'quick-start.ts'() {
    const lines = await linesOf('quick-start.ts');
    assert.is(lines.length, 8);
    assert.is(lines[0], 'For customer 10001 (personal):');
    for (const line of lines.slice(1, 4)) assert.match(line, /^ {2}[A-Z]{3}-\d+ {2}\S.* {2}(You|Because|Many) .+$/);
    assert.match(lines[4], /^With [A-Z]{3}-\d+ in the basket \(basket\):$/);
    for (const line of lines.slice(5)) assert.match(line, /^ {2}[A-Z]{3}-\d+ {2}\S/);
  },

  async 'batch-to-parquet.ts'() {
    const [line] = await linesOf('batch-to-parquet.ts', 'nightly.parquet');
    const [, count, customers] = /^nightly\.parquet: (\d+) rows for (\d+) customers$/.exec(line)!.map(Number);
    const file = await asyncBufferFromFile(join(cwd, 'nightly.parquet'));
    const rows = await parquetReadObjects({ file });
    assert.is(rows.length, count);
    assert.is(new Set(rows.map(({ customer }) => customer)).size, customers);
    assert.equal(Object.keys(rows[0]), ['customer', 'rank', 'product', 'score']);
    assert.equal(
      rows.slice(0, 10).map(({ rank }) => rank),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
  },

  async 'mounted.ts'() {
    const lines = await linesOf('mounted.ts');
    assert.is(lines.length, 3);
    assert.match(lines[0], /^Listening on http:\/\/127\.0\.0\.1:\d+$/);
    assert.match(lines[1], /^503 .*"model_not_loaded"/);
    const [, answer] = /^200 (.*)$/.exec(lines[2])!;
    assert.is(JSON.parse(answer).recommendations.length, 2);
    assert.is(JSON.parse(answer).source, 'popular');
  },

  async 'running-shop.ts'() {
    const lines = await linesOf('running-shop.ts', 'example.db');
    assert.match(lines[0], /^ann: popular, (\S+) first$/);
    const [, first] = /(\S+) first/.exec(lines[0])!;
    assert.equal(lines.filter((line) => /status: 200/.test(line)).length, 2);
    assert.equal(lines.slice(-2), [`ann: personal, ${first} gone`, 'ann: popular']);
  },

  async 'experiment.ts'() {
    const lines = await linesOf('experiment.ts', 'experiment.db');
    assert.match(lines[0], /^\S+ is in (control|adventurous)$/);
    const counts = lines
      .slice(1, 3)
      .map((line) => /: (\d+) of (\d+) customers bought from a list/.exec(line)!.slice(1));
    const [buyers, customers] = [0, 1].map((i) => counts.reduce((sum, count) => sum + Number(count[i]), 0));
    assert.ok(customers > 50 && buyers >= customers / 5 && buyers < customers / 4, `${buyers} of ${customers}`);
    assert.match(lines[3], /^waiting \[/);
  },

  async 'own-store.ts'() {
    assert.equal(await linesOf('own-store.ts'), [
      ...['once: 1', 'again: 0', 'ann: personal', 'bob: conflict'],
      ...['sold out: gone', 'memory: 0 erased', 'ann: popular'],
    ]);
  },

  'express.ts': () => answersBeside('express.ts'),
  'fastify.ts': () => answersBeside('fastify.ts'),

  async 'custom-source.ts'() {
    assert.equal(await linesOf('custom-source.ts'), [
      '400 rows read, 400 kept (400 purchases, 0 returns), 0 dropped',
      '12 customers, 12 products, 128 factors',
    ]);
  },

  async 'foreign-list.ts'() {
    const lines = await linesOf('foreign-list.ts');
    const recalls = lines.flatMap((line) => /^(\S+): recall@10 0\.\d{3}$/.exec(line)?.[1] ?? []);
    assert.equal(recalls.slice(0, 3), ['endcap', 'theirs', 'popular']);
    const against = lines.flatMap((line) => /^endcap against (\S+): (?:better|tie|worse)$/.exec(line)?.[1] ?? []);
    assert.equal(against, recalls.slice(1));
    assert.is(lines.length, recalls.length + against.length);
    assert.ok(lines.includes('endcap against popular: better'));
  },
};

test('each example has a test', () => {
  // Folders are programs for other hosts than Node, which `npm run test:everywhere` runs.
  const programs = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  assert.equal(programs.map(({ name }) => name).sort(), Object.keys(tests).sort());
});

test('examples import the package by its name, as in a project of its own', () => {
  for (const name of Object.keys(tests)) {
    const text = readFileSync(join(folder, name), 'utf8');
    assert.match(text, / from 'endcap';/, name);
    assert.not.match(text, / from '\./, name);
  }
});

for (const [name, run] of Object.entries(tests)) test(`${name} runs and prints what it promises`, run);

test.run();
