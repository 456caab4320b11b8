import { inflateSync } from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRandom } from '../../../src/random.ts';
import { cellsOf, type NestedShape, namesOf, nestedFile, nestedShapes, scratchFile } from './files.ts';

const test = suite('nested columns of Parquet');
const scratch = scratchFile(test);

const random = createRandom(3);
const maybe = <T>(value: T): T | null => (random.below(4) === 0 ? null : value);
const several = <T>(most: number, of: () => T): T[] => Array.from({ length: random.below(most + 1) }, of);

type Row = Record<string, unknown>;

function randomRows(): Row[] {
  let id = 0;
  return several(60, () => ({
    order: BigInt(id++),
    customer: maybe({ id: maybe(`c${random.below(9)}`), address: maybe({ town: maybe('Ulm') }) }),
    items: maybe(several(4, () => ({ sku: maybe(`p${random.below(9)}`), size: { width: maybe(random.below(9)) } }))),
    tags: maybe(several(3, () => `t${random.below(9)}`)),
    notes: maybe({ a: 'b' }),
  }));
}

/** The records that hyparquet's objects say the file has. */
async function expectedCells(bytes: Uint8Array, { itemsOf }: NestedShape): Promise<unknown[][]> {
  // biome-ignore lint/suspicious/noExplicitAny: whatever hyparquet makes of it.
  const rows: any[] = await parquetReadObjects({ file: new Uint8Array(bytes).buffer });
  return rows.flatMap((row) => {
    // biome-ignore lint/suspicious/noExplicitAny: whatever hyparquet makes of it.
    const items: any[] = itemsOf(row) ?? [];
    return (items.length > 0 ? items : [null]).map((item) =>
      [
        row.order,
        row.customer?.id,
        row.customer?.address?.town,
        item?.sku,
        item?.size?.width,
        { nested: 'LIST' },
        { nested: 'MAP' },
      ].map((cell) => cell ?? null),
    );
  });
}

test('structs have a column for each field, and the items of an order a record each', async () => {
  for (const shape of nestedShapes) {
    for (let round = 0; round < 12; round++) {
      const bytes = nestedFile(randomRows(), shape, {
        pageSize: 30 + random.below(500),
        rowGroupSize: 1 + random.below(60),
        codec: round % 2 ? 'SNAPPY' : 'UNCOMPRESSED',
      });
      const name = `${shape.name}, round ${round}`;
      assert.equal(
        namesOf(scratch(bytes)),
        ['order', 'customer.id', 'customer.address.town', 'items.sku', 'items.size.width', 'tags', 'notes'],
        name,
      );
      assert.equal(cellsOf(scratch(bytes)), await expectedCells(bytes, shape), name);
    }
  }
});

/** Four orders as pyarrow writes them: pages of the first version, and three items, none, no list, and one item. */
const fromArrow =
  'eNptUj1PwzAQvVyM8dABIc6qpQ4VUiOQCgKkMrGwFSkD6sAeiiUi6JeT8jXzC5gZ+RWMTPwefgF3aVpAIkp88d17z89nn58ODgkopbRLhn806RYA' +
  'IH8mimDxYB3jOqo6Mn6btv8QBRK/gDAzGS5J0RZtpRxgE6r8VIbZktugjd+LxlrE4zfEKEbGdKkrGPgH84ooM1Ej5V570NTF8NqPMtKc6GBzbRKu' +
  'fIAeNs1wXpSTkQ+EQA0uYX7VgVQEubqWl35UEJJOTySjmuo2L0rGcnHd3/qRH5ekFsy4uJnXVEKem9k8G5d5+QjWuJZLE2ixm44GV69PXLDBhsSc' +
  'tUhahnCyq10ChiUE3ajQOyuP7K3i9G0/efrhWOW0O0ZUK1oP9IbrL9xXjpdexSNLNOyDfUi+ouQj2u3KAcjugfstauzAKHchPdS1IlZG/hNcbbJS' +
  'HdhB8o6/drNUqrzZ59iaxHCAnfY0C7O5L/eG0+leFsLkvn3nQ5FPxu2j4/2D/UMnjVy98MmHec438hvoUmHA';

test('files of Arrow are read', () => {
  const file = scratch(inflateSync(Buffer.from(fromArrow, 'base64')));
  assert.equal(namesOf(file), ['order', 'customer.id', 'items.sku', 'items.quantity']);
  assert.equal(cellsOf(file), [
    [1n, 'a', 'p', 2],
    [1n, 'a', 'q', null],
    [1n, 'a', null, null],
    [2n, null, null, null],
    [3n, null, null, null],
    [4n, 'b', 'p', 1],
  ]);
});

test.run();
