/** Tables of more factors than memory, or an array, can hold: of those that are read here, the disk has next to nothing. */
import { linkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readFactors } from '../../../src/exchange/import/factors.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { testUnless } from '../../support/skip.ts';
import { factorsPart, scratchFolder } from '../tables.ts';
import { npy } from './numpy.ts';

const test = suite('tables of factors');
const { folderOf } = scratchFolder(test);

/** A matrix that is nearly all hole. */
function sparseMatrix(rows: number, columns: number): string {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const bytes = npy([[]], { header });
  const path = join(folderOf({ 'm.npy': bytes }), 'm.npy');
  truncateSync(path, bytes.length + 4 * rows * columns);
  return path;
}

/** Parts of so many rows each, of which the disk has one. */
function sameParts(count: number, part: Uint8Array): string {
  const folder = folderOf({ 'part-00000.parquet': part });
  const first = join(folder, 'part-00000.parquet');
  for (let i = 1; i < count; i++) linkSync(first, join(folder, `part-${String(i).padStart(5, '0')}.parquet`));
  return folder;
}

test('a table of several parts is one matrix', async () => {
  const folder = folderOf({
    'part-0.parquet': factorsPart(
      [7, 8],
      [
        [1, 2],
        [3, 4],
      ],
      { rowGroupSize: 1 },
    ),
    'part-1.parquet': factorsPart([9], [[5, 6]]),
  });
  const { ids, factors, values } = await readFactors(folder, '', {});
  assert.equal([ids, factors, [...values]], [['7', '8', '9'], 2, [1, 2, 3, 4, 5, 6]]);
});

const holes = process.platform === 'win32' ? 'files have no holes here' : undefined;

testUnless(test, holes, 'a matrix that no memory holds is refused by its header, and named', async () => {
  const path = sparseMatrix(2 ** 30, 2 ** 11);
  const { code, message, details } = await endcapErrorOf(readFactors(path, '', {}));
  assert.equal([code, details.source], ['out_of_memory', path]);
  assert.ok(message.startsWith(`${path}: no room for ${2 ** 23} MiB of memory: `), message);
});

const isOld = Number(process.versions.node.split('.')[0]) < 22;
const since22 = isOld ? undefined : 'Node has such arrays from version 22 on';

testUnless(test, holes ?? since22, 'a matrix of more numbers than an array has is refused by its header', async () => {
  const path = sparseMatrix(2 ** 21 + 1, 2 ** 11);
  const { code, message } = await endcapErrorOf(readFactors(path, '', {}));
  assert.is(code, 'out_of_memory');
  assert.match(message, /m\.npy: .* has no array of more than 2\^32 numbers; use Node 22 or later, or use fewer/);
});

testUnless(test, since22, 'so are parts that have more of them together, at the first of their rows', async () => {
  const width = 2048;
  const rows = 512;
  const part = factorsPart([...Array(rows).keys()], Array(rows).fill(Array(width).fill(0)));
  const folder = sameParts(2 ** 32 / width / rows + 1, part);
  const { code, message } = await endcapErrorOf(readFactors(folder, '', {}));
  assert.is(code, 'out_of_memory');
  assert.ok(message.startsWith(`${folder}: `), message);
  assert.match(message, 'use Node 22 or later');
});

test.run();
