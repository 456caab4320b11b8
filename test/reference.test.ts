/** Runs the examples of the library reference, which are one program, and checks that they show every exported value. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
