import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { partitionColumns } from '../../../src/orders/parquet/partitions.ts';

const test = suite('columns in the names of folders');
const columnsOf = (folders: string[], ...names: string[]) =>
  partitionColumns(join('orders', ...folders, 'part-00000.parquet'), new Set(names)).map(({ name, constant }) => [
    name,
    constant,
  ]);

test('a folder is named after a column and its value', () => {
  assert.equal(columnsOf(['year=2025', 'shop=Ulm%3A1', 'channel=__HIVE_DEFAULT_PARTITION__']), [
    ['year', '2025'],
    ['shop', 'Ulm:1'],
    ['channel', null],
  ]);
  assert.equal(columnsOf(['100%=50%']), [['100%', '50%']]);
});

test('the innermost folder and the columns in the file come first; other folders are none', () => {
  assert.equal(columnsOf(['day=1', 'day=2', 'year=2025'], 'year'), [['day', '2']]);
  assert.equal(columnsOf(['2025', '=1', '.hidden=1']), []);
});

test.run();
