/** The rooms of `src/` and the direction of the imports between them. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('rooms');
const src = fileURLToPath(new URL('../src', import.meta.url));

/** A file may import from its own room and from those of the lines above; rooms on one line do not know each other. */
const floors = [
  ['errors', 'options', 'files', 'hash', 'random', 'version'],
  ['kernel', 'orders'],
  ['dataset', 'sample'],
  ['ranking'],
  ['model'],
  ['training'],
  ['recommending'],
  ['measuring'],
  ['tuning'],
  ['evaluation', 'live'],
  ['server'],
  ['cli'],
  ['index'],
];

const roomOf = (path: string) => relative(src, path).split(sep)[0].replace(/\.ts$/, '');
const floorOf = (room: string) => floors.findIndex((rooms) => rooms.includes(room));
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join(src, file));

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)].map(([, path]) => join(dirname(file), path));
}

test('every file of src/ is in a room with a floor', () => {
  assert.equal(
    files.filter((file) => floorOf(roomOf(file)) < 0).map((file) => relative(src, file)),
    [],
  );
});

test('imports point down the house, never up', () => {
  const upward: string[] = [];
  for (const file of files) {
    for (const target of importsOf(file)) {
      const [from, to] = [roomOf(file), roomOf(target)];
      const isDown = from === to || floorOf(to) < floorOf(from) || (floorOf(from) === 0 && floorOf(to) === 0);
      if (!isDown) upward.push(`${relative(src, file)} imports ${relative(src, target)}`);
    }
  }
  assert.equal(upward, []);
});

test.run();
