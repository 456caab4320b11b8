import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { whenAborted } from '../src/errors.ts';

const test = suite('errors');

test('who waits for a signal is told once, at once if it has fired, and not after the waiting has ended', () => {
  const told: string[] = [];
  const stopping = new AbortController();
  whenAborted(undefined, () => told.push('never'));
  whenAborted(stopping.signal, () => told.push('waited'));
  const forget = whenAborted(stopping.signal, () => told.push('forgotten'));
  forget();
  assert.equal(told, []);
  stopping.abort();
  assert.equal(told, ['waited']);
  whenAborted(stopping.signal, () => told.push('late'));
  assert.equal(told, ['waited', 'late']);
});

test('nothing in src waits for a signal otherwise: it would wait for ever for one that has fired', () => {
  const src = fileURLToPath(new URL('../src', import.meta.url));
  const others = (readdirSync(src, { recursive: true }) as string[])
    .filter((path) => path.endsWith('.ts'))
    .filter((path) => readFileSync(join(src, path), 'utf8').includes(`addEventListener('abort'`));
  assert.equal(others, ['errors.ts']);
});

test.run();
