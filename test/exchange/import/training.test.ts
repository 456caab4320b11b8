/** Factors that a cluster has trained for Endcap keep Endcap's own rules. */
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { importModel } from '../../../src/exchange/import/import.ts';
import { describeImported } from '../../../src/exchange/import/notes.ts';
import { readOrders } from '../../../src/index.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { parquetOf } from '../../orders/parquet/files.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { factorsPart, scratchFolder } from '../tables.ts';

const test = suite('factors of a cluster');
const { folderOf } = scratchFolder(test);
const orders = await readOrders(sampleOrders({ lines: 3000 }) as Iterable<never>);
const options = { factors: 12, iterations: 4, solver: 'exact', unobservedWeight: 0.3, frequencyExponent: 0.8 } as const;
const trained = await fit(orders, { ...options, decay: 1, tasteDecay: 1, threads: 1 });
const { confidenceScale, regularizationScale } = trained.metadata.foldIn as Record<string, number>;

const rowsOf = (values: Float32Array) =>
  Array.from({ length: values.length / 12 }, (_, row) => Array.from(values.subarray(12 * row, 12 * (row + 1))));
const training = { alpha: confidenceScale, regularization: regularizationScale, unobserved_weight: 0.3 };
const tableOf = (numbers: Record<string, number>, rows = 1) =>
  parquetOf(
    Object.entries(numbers).map(([name, value]) => ({ name, data: new Array(rows).fill(value), type: 'DOUBLE' })),
  );

const text = { type: 'STRING' } as const;

/** The folder that the training writes. */
function written(numbers: Uint8Array | undefined): { from: 'endcap'; customers: string; products: string } {
  const folder = folderOf({
    'customers/part-0.parquet': factorsPart([...trained.customers], rowsOf(trained.customerFactors), text),
    'customers/_SUCCESS': '',
    'products/part-0.parquet': factorsPart([...trained.products], rowsOf(trained.productFactors), text),
    'products/_SUCCESS': '',
    ...(numbers && { 'training/part-0.parquet': numbers, 'training/_SUCCESS': '' }),
  });
  return { from: 'endcap', customers: join(folder, 'customers'), products: join(folder, 'products') };
}

test('customers are folded in as they were trained', async () => {
  const tables = written(tableOf({ ...training, frequency_exponent: 0.8 }));
  const { model, notes } = await importModel({ ...tables, orders, fast: true, threads: 1 });
  const { imported, options: found, foldIn } = model.metadata;
  assert.ok(
    imported!.foldIn!.customers > 100 && imported!.foldIn!.difference < 1e-4,
    `${imported!.foldIn!.difference}`,
  );
  assert.is(found.confidence, 'orders');
  assert.equal(foldIn.convention, { weight: 'rating', right: 'weight', penalty: 'frequency' });
  assert.equal(
    notes.map(({ code }) => code),
    [],
  );
  assert.match(describeImported(model.metadata), /^from a cluster: .*; folds in as Endcap does/);
});

test('what the training wrote is needed, whole and in range', async () => {
  const all = { ...training, frequency_exponent: 1 };
  for (const [numbers, message] of [
    [undefined, /training does not exist/],
    [tableOf(training), /training has no column frequency_exponent/],
    [tableOf(all, 2), /training has 2 rows; expected one/],
    [tableOf({ ...all, alpha: -1 }), /training has -1 as alpha/],
    [tableOf({ ...all, frequency_exponent: 3 }), /3 as frequency_exponent; it is from 0 to 2/],
  ] as const) {
    const tables = written(numbers);
    const error = await endcapErrorOf(importModel({ ...tables, threads: 1 }));
    assert.is(error.code, 'table_unreadable');
    assert.match(error.message.replace(dirname(tables.customers), ''), message);
  }
  const error = await endcapErrorOf(importModel({ ...written(tableOf(all)), explicit: true }));
  assert.match(error.message, /^explicit: /);
});

test.run();
