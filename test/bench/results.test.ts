import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contestFigures, type Row } from './contest.ts';
import { lacking, thisMachine } from './machine.ts';
import { compared, type Figure, figuresOf, type Results, readResults, writeResults } from './results.ts';

const test = suite('results of benchmarks');

const figure = (name: string, value: number, unit: string, better?: Figure['better']): Figure => ({
  name,
  value,
  unit,
  ...(better && { better }),
});
const resultsOf = (...figures: Figure[]): Results => ({ machine: thisMachine(), versions: { endcap: '1' }, figures });

test('the figures of a table are the numbers of its cells, with the unit of the cell or the column', () => {
  const rows = [
    ['native avx2', '10', '1,234.5', '38 % (36 % to 40 %)', '2.50 ms', '1.1 x', '144'],
    ['native avx2', '100', '7', '9 %', '1.20 s', 'none', '150'],
  ];
  assert.equal(figuresOf('lists', ['kernel', 'n', 'GFLOP/s', 'share of peak', 'plain', 'ratio', 'list'], rows), [
    figure('lists: native avx2 n 10, GFLOP/s', 1234.5, 'GFLOP/s', 'more'),
    figure('lists: native avx2 n 10, share of peak', 38, '%'),
    figure('lists: native avx2 n 10, plain', 2.5, 'ms', 'less'),
    figure('lists: native avx2 n 10, ratio', 1.1, 'x'),
    figure('lists: native avx2 n 10, list', 144, ''),
    figure('lists: native avx2 n 100, GFLOP/s', 7, 'GFLOP/s', 'more'),
    figure('lists: native avx2 n 100, share of peak', 9, '%'),
    figure('lists: native avx2 n 100, plain', 1.2, 's', 'less'),
    figure('lists: native avx2 n 100, list', 150, ''),
  ]);
});

test('rows of the same name are told apart', () => {
  const names = figuresOf(
    'case',
    ['kernel', 'time'],
    [
      ['a', '1 ms'],
      ['a', '2 ms'],
    ],
  ).map(({ name }) => name);
  assert.equal(names, ['case: a, time', 'case: a, time #2']);
});

test('of a contest, our time counts, and how much longer a peer takes', () => {
  const row = {
    work: 'sort',
    ours: '',
    peer: 'p',
    theirs: '',
    ratio: '',
    aim: '',
    equal: '',
    fair: true,
  } satisfies Row;
  const rounds = { ours: [10, 20, 30], theirs: [20, 60, 60] };
  assert.equal(
    contestFigures([
      { ...row, rounds },
      { ...row, peer: 'q' },
    ]),
    [figure('sort', 20, 'ms', 'less'), figure('sort: p / ours', 2, 'x', 'more')],
  );
});

test('figures of two runs are compared by name: worse, better, or changed, if by more than a tenth', () => {
  const before = resultsOf(
    figure('time', 100, 'ms', 'less'),
    figure('rate', 100, 'GB/s', 'more'),
    figure('share', 100, '%'),
    figure('quick', 100, 'ms', 'less'),
    figure('steady', 100, 'ms', 'less'),
    figure('gone', 1, 'ms', 'less'),
  );
  const after = resultsOf(
    figure('time', 111, 'ms', 'less'),
    figure('rate', 89, 'GB/s', 'more'),
    figure('share', 50, '%'),
    figure('quick', 80, 'ms', 'less'),
    figure('steady', 109, 'ms', 'less'),
    figure('new', 1, 'ms', 'less'),
  );
  assert.equal(
    compared(before, after).map(({ after, verdict }) => [after.name, verdict]),
    [
      ['time', 'worse'],
      ['rate', 'worse'],
      ['share', 'changed'],
      ['quick', 'better'],
      ['steady', 'same'],
    ],
  );
});

test('what was written is read; anything else is refused by the name of the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'endcap-test-'));
  const path = join(folder, 'results.json');
  const results = resultsOf(figure('time', 1, 'ms', 'less'));
  await writeResults(path, results);
  assert.equal(readResults(path), results);
  await writeFile(path, '{"figures": 3}');
  assert.throws(() => readResults(path), new RegExp(`${path} is not what --json of npm run bench`));
  await writeFile(path, '{');
  assert.throws(() => readResults(path), new RegExp(`${path} cannot be read`));
  await rm(folder, { recursive: true });
});

test('says how much memory or disk is lacking', async () => {
  assert.is(await lacking({ memory: 1, disk: 1 }, '.'), undefined);
  assert.match((await lacking({ memory: 1e18 }, '.'))!, /^needs 1000000000\.0 GB of memory, but [\d.]+ GB are free$/);
  assert.match((await lacking({ disk: 1e18 }, '.'))!, /^needs 1000000000\.0 GB in \., but [\d.]+ GB are free$/);
});

test.run();
