/** The rooms of `src/`: which there are, which way imports point, what runs without Node, and how long files are. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('rooms');
const src = fileURLToPath(new URL('../src', import.meta.url));

/** A file may import from its own room and from the floors above it in this list, not from the other rooms of its floor. */
const floors = [
  [
    'bytes',
    'errors',
    'options',
    'files',
    'temporary-files',
    'hash',
    'own-files',
    'random',
    'reading-threads',
    'sqlite',
    'turns',
    'version',
    'wording',
  ],
  ['kernel'],
  ['orders'],
  ['dataset', 'sample'],
  ['ranking'],
  ['model'],
  ['training'],
  ['recommending'],
  ['measuring'],
  ['tuning', 'page'],
  ['exchange'],
  ['evaluation', 'live'],
  ['server'],
  ['cli'],
  ['index', 'web'],
];

/** The only files that stand beside the rooms: a file without a room belongs to everybody. */
const shared = [...floors[0], ...floors.at(-1)!].map((name) => `${name}.ts`);

/** Files of another length than 20 to 300 lines, and why. */
const otherLengths: Record<string, string> = {
  'version.ts': 'one constant, which releases change',
  'cli/terminal/model-words.ts': 'two phrases that several commands share',
  'cli/main.ts': 'the entry point of the command line',
  'cli/interrupt.ts': 'one function, which every command that takes long uses',
  'kernel/instance.ts': 'one function, which keeps the loader out of browsers',
  'kernel/threads/priority.ts': 'one function, which threads of two rooms share',
  'kernel/threads/worker.ts': 'the entry point of a thread',
  'orders/csv/worker.ts': 'the entry point of a thread',
  'orders/columns/platforms.ts': 'a table, one row per platform',
  'hash.ts': 'one function, which two rooms share',
  'page/csv-cell.ts': 'one function, which two rooms share',
};

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.split(sep).join('/'))
  .sort();
const roomOf = (file: string) => file.split('/')[0].replace(/\.ts$/, '');
const floorOf = (file: string) => floors.findIndex((rooms) => rooms.includes(roomOf(file)));
const textOf = (file: string) => readFileSync(join(src, file), 'utf8');

/** The files of `src/` that this text of one of them imports. */
function importsIn(text: string, file: string): string[] {
  const found = text.matchAll(/\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g);
  return [...found].map(([, path]) =>
    relative(src, join(src, dirname(file), path))
      .split(sep)
      .join('/'),
  );
}

test('every file is in a room', () => {
  assert.equal(
    files.filter((file) => floorOf(file) < 0 || (!file.includes('/') && !shared.includes(file))),
    [],
  );
});

test('imports never point to a room further up', () => {
  const upward: string[] = [];
  for (const file of files) {
    for (const target of importsIn(textOf(file), file)) {
      const [from, to] = [floorOf(file), floorOf(target)];
      const isDown = roomOf(file) === roomOf(target) || to < from || (from === 0 && to === 0);
      if (!isDown) upward.push(`${file} imports ${target}`);
    }
  }
  assert.equal(upward, []);
});

test('above tuning, nothing but kernel/available.ts is used of kernel/, apart from types', () => {
  const tuning = floorOf('tuning/');
  const users = files.filter((file) => floorOf(file) > tuning && !floors.at(-1)!.includes(roomOf(file)));
  const used = users.flatMap((file) =>
    importsIn(textOf(file).replace(/^import type [^;]+;$/gm, ''), file)
      .filter((target) => roomOf(target) === 'kernel' && target !== 'kernel/available.ts')
      .map((target) => `${file} imports ${target}`),
  );
  assert.equal(used, []);
});

for (const entry of ['web.ts', 'kernel/web/worker.ts', 'recommending/web/worker.ts', 'server/app.ts']) {
  test(`${entry} runs without Node`, async () => {
    const { metafile } = await build({
      entryPoints: [join(src, entry)],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'browser',
      external: ['node:*'],
      logLevel: 'silent',
    });
    const inputs = Object.entries(metafile.inputs);
    assert.ok(inputs.some(([file]) => file.endsWith(entry)));
    const fromNode = inputs.flatMap(([file, { imports }]) =>
      imports.filter(({ path }) => path.startsWith('node:')).map(({ path }) => `${file} imports ${path}`),
    );
    assert.equal(fromNode, []);
    const globals = inputs.flatMap(([file]) => {
      const code = readFileSync(file, 'utf8').replaceAll(/^ *(\/\*)?\*.*$|\/\/ .*$/gm, '');
      return file.includes('node_modules')
        ? []
        : (code.match(/(?<![\w.'])(Buffer|process)\.\w+/g) ?? []).map((use) => `${file}: ${use}`);
    });
    assert.equal(globals, []);
  });
}

test('only files.ts writes to the disk: everything else would be torn by a crash', () => {
  const reading =
    'closeSync constants createReadStream existsSync fstatSync open openSync readFile readFileSync readSync readdir realpath ' +
    'realpathSync stat statSync statfs type FileHandle unwatchFile watchFile';
  const others = files
    .filter((file) => !['files.ts', 'temporary-files.ts'].includes(file))
    .flatMap((file) => {
      const text = textOf(file);
      const imports = text.match(/^.*['"](?:node:)?fs(?:\/promises)?['"].*$/gm) ?? [];
      const names = imports.flatMap((line) => /^import \{(.+)\} from /.exec(line)?.[1].split(',') ?? [line]);
      const opened = text.match(/(?<![\w.])open(Sync)?\(.*$/gm) ?? [];
      return [
        ...names.map((name) => name.trim()).filter((name) => !` ${reading} `.includes(` ${name} `)),
        ...(names.some((name) => /^open(Sync)?$/.test(name.trim()))
          ? opened.filter(
              (call) => !/^(open\(\w+(?:, 'r')?\)|openSync\(\w+, (?:'r'\)|constants\.O_RDONLY ))/.test(call),
            )
          : []),
      ].map((use) => `${file}: ${use}`);
    });
  assert.equal(others, []);
});

test('files have 20 to 300 lines', () => {
  const others = files.filter((file) => {
    const lines = textOf(file).split('\n').length - 1;
    return lines < 20 || lines > 300;
  });
  assert.equal(others, Object.keys(otherLengths).sort());
});

test.run();
