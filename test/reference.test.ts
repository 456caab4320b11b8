/** Runs the examples of the library reference, which are one program, and checks that they show every exported value. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as library from '../src/index.ts';

const test = suite('reference');
const text = readFileSync(new URL('../src/README.md', import.meta.url), 'utf8');
const blocks = Array.from(text.matchAll(/^```ts\n(.*?)^```$/gms), ([, block]) => block);

test('every exported value has an example', () => {
  const imported = blocks.flatMap((block) =>
    Array.from(block.matchAll(/import \{([^}]+)\} from 'endcap'/g), ([, names]) => names.split(',')).flat(),
  );
  assert.equal(imported.map((name) => name.trim()).sort(), Object.keys(library).sort());
});

/** What the first cells of a table have in backticks. */
function listedUnder(heading: string): string[] {
  const [, table = ''] =
    text
      .split(`| ${heading} |`, 2)[1]
      ?.split('\n\n')[0]
      ?.match(/^.*\n\|[-|]+\n(.*)/s) ?? [];
  return table.split('\n').flatMap((row) => row.split(' | ', 1)[0]!.match(/(?<=`)[a-z][a-z -]+(?=`)/g) ?? []);
}

test('every reason for dropping a record is listed', () => {
  const account = readFileSync(new URL('../src/orders/cleaning/account.ts', import.meta.url), 'utf8');
  const [, union = ''] = /type DropReason =(.*?);\n/s.exec(account)!;
  const reasons = Array.from(union.matchAll(/\| '(.*)'/g), ([, reason]) => reason);
  assert.ok(reasons.length > 15);
  assert.equal(listedUnder('reason | dropped is').sort(), reasons.sort());
});

test('every note is listed', () => {
  const codes = ['orders', 'dataset', 'exchange'].flatMap((room) => {
    const folder = new URL(`../src/${room}/`, import.meta.url);
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((file) => {
      const source = file.endsWith('.ts') ? readFileSync(new URL(file, folder), 'utf8') : '';
      return /\bNote\b/.test(source) ? (source.match(/(?<=')[a-z]+(-[a-z]+)+(?=')/g) ?? []) : [];
    });
  });
  assert.ok(codes.length > 15);
  assert.equal(listedUnder('code | says').sort(), [...new Set(codes)].sort());
});

test('the examples run', async () => {
  // In the checkout, so that 'endcap' is found as a user's project finds it.
  const builds = fileURLToPath(new URL('../build/', import.meta.url));
  mkdirSync(builds, { recursive: true });
  const cwd = mkdtempSync(join(builds, 'reference-'));
  try {
    writeFileSync(join(cwd, 'reference.ts'), blocks.join('\n'));
    const command = ['--import', import.meta.resolve('tsx'), 'reference.ts'];
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd });
    assert.match(stdout, /epoch 10 of 10/);
    assert.match(stdout, /orders_unreadable/);
    assert.match(readFileSync(join(cwd, 'report.html'), 'utf8'), /<html/);
  } finally {
    rmSync(cwd, { recursive: true });
  }
});

test.run();
