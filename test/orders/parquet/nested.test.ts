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

test.run();
