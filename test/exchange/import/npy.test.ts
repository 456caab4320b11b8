import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readMatrix } from '../../../src/exchange/import/npy.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { scratchFolder } from '../tables.ts';
import { npy, npz } from './numpy.ts';

const test = suite('npy');
const { folderOf } = scratchFolder(test);

const fileOf = (name: string, bytes: Uint8Array) => join(folderOf({ [name]: bytes }), name);

async function refuses(path: string, says: RegExp): Promise<void> {
  const { code, message } = await endcapErrorOf(readMatrix(path, 'user_factors'));
  assert.is(code, 'table_unreadable');
  assert.match(message, says);
  assert.ok(message.startsWith(path));
}

test('floats of 32 and 64 bits, of either byte order, by row or by column', async () => {
  const rows = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  for (const descr of ['<f4', '>f4', '<f8', '>f8']) {
    for (const isFortran of [false, true]) {
      const read = await readMatrix(fileOf('m.npy', npy(rows, { descr, isFortran })), '');
      assert.equal([read!.rows, read!.columns, [...read!.values]], [2, 3, [1, 2, 3, 4, 5, 6]], `${descr} ${isFortran}`);
    }
  }
});

test('an archive may be packed, and has what numpy.savez puts into it', async () => {
  const arrays = {
    user_factors: npy([[1, 2]]),
    item_factors: npy([
      [3, 4],
      [5, 6],
    ]),
    alpha: npy(40, { descr: '<i8' }),
  };
  for (const isPacked of [false, true]) {
    const path = fileOf('als.npz', npz(arrays, isPacked));
    assert.equal([...(await readMatrix(path, 'item_factors'))!.values], [3, 4, 5, 6]);
    assert.equal([...(await readMatrix(path, 'alpha', undefined, true))!.values], [40]);
    assert.is(await readMatrix(path, 'regularization', undefined, true), undefined);
  }
  const message = (await endcapErrorOf(readMatrix(fileOf('als.npz', npz(arrays)), 'users'))).message;
  assert.match(message, /has no array users; it has user_factors, item_factors, alpha/);
});

test('a large matrix comes in pieces that cut numbers in two', async () => {
  const rows = Array.from({ length: 70_001 }, (_, i) => [i, -i, i / 2]);
  const { values } = (await readMatrix(fileOf('als.npz', npz({ user_factors: npy(rows) }, true)), 'user_factors'))!;
  assert.equal([...values.subarray(3 * 70_000)], [70_000, -70_000, 35_000]);
});

test('objects, whole numbers, structures, and other shapes are refused', async () => {
  await refuses(fileOf('m.npy', npy([[1]], { descr: '|O' })), /Python objects, which are not read/);
  await refuses(fileOf('m.npy', npy([[1]], { descr: '<i4' })), /values of type <i4; expected 32-bit or 64-bit floats/);
  await refuses(fileOf('m.npy', npy([[1]], { descr: '<f2' })), /of type <f2/);
  await refuses(
    fileOf('m.npy', npy([[1]], { header: "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 1), }" })),
    /of type a structure/,
  );
  await refuses(
    fileOf('m.npy', npy([[1]], { header: "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }" })),
    /the shape \(1,\); expected rows and factors/,
  );
});

test('sizes that a header claims are compared with the bytes that there are', async () => {
  const huge = "{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 2000), }";
  await refuses(fileOf('m.npy', npy([[1]], { header: huge })), /has 4 bytes of values; its header says 32000000000000/);
  await refuses(fileOf('als.npz', npz({ user_factors: npy([[1]], { header: huge }) })), /its header says/);
  await refuses(fileOf('m.npy', npy([[1, 2]]).subarray(0, -3)), /has 5 bytes of values; its header says 8/);
});

test('what is no file of numpy is refused, and a damaged archive', async () => {
  await refuses(fileOf('m.npy', new TextEncoder().encode('id,f1,f2')), /is no array of numpy/);
  await refuses(fileOf('m.npy', new Uint8Array()), /is no array of numpy/);
  await refuses(fileOf('m.npy', npy([[1]], { header: 'not a header' })), /header that is not one of numpy/);
  await refuses(join(folderOf({}), 'none.npz'), /cannot be read: it does not exist/);
  const archive = npz({ user_factors: npy([[1, 2, 3]]) });
  await refuses(fileOf('a.npz', archive.subarray(0, archive.length - 30)), /damaged or truncated archive/);
  const changed = archive.slice();
  // In the values, which follow the local header, the name, and the header of numpy.
  changed[30 + 'user_factors.npy'.length + 128] ^= 1;
  await refuses(fileOf('b.npz', changed), /its checksum is wrong/);
});

test.run();
