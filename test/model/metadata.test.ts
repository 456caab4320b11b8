import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { longest, mostRead, type Reading, readingOf } from '../../src/dataset/reading.ts';
import { decodeModel, encodeModel } from '../../src/model/file/format.ts';
import { metadataProblem, metadataTexts, readMetadata } from '../../src/model/metadata.ts';
import { withoutCustomers } from '../../src/model/without.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { refit } from '../../src/tuning/refit.ts';
import { joined, smallModel } from './models.ts';

const test = suite('metadata of models');

const metadata = (reading: unknown) => ({ ...smallModel().metadata, reading }) as never;
const text = (most: number) => fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.slice(0, most));

const reading: fc.Arbitrary<Reading> = fc.record(
  {
    files: fc.array(text(longest.name), { maxLength: mostRead.files }),
    columns: fc.dictionary(
      text(20),
      fc.record({ column: text(longest.name), index: fc.nat(), why: text(longest.text) }, { noNullPrototype: true }),
      { maxKeys: 9, noNullPrototype: true },
    ),
    unusedColumns: fc.array(text(longest.name), { maxLength: 30 }),
    decisions: fc.dictionary(
      text(20),
      fc.record({ value: text(longest.text), why: text(longest.text) }, { noNullPrototype: true }),
      { maxKeys: 9, noNullPrototype: true },
    ),
    notes: fc.array(fc.record({ code: text(20), text: text(longest.text) }, { noNullPrototype: true })),
    more: fc.record({ notes: fc.nat() }, { noNullPrototype: true }),
  },
  { requiredKeys: ['columns', 'unusedColumns', 'decisions', 'notes'], noNullPrototype: true },
);

test('how the orders were understood is written and read back, whatever the texts are', () => {
  fc.assert(
    fc.property(reading, (reading) => {
      const texts = new Map(Object.entries(metadataTexts(metadata(reading))));
      const read = readMetadata(texts);
      assert.is.not(typeof read, 'string', String(read));
      assert.equal((read as { reading: Reading }).reading, reading);
    }),
    { numRuns: 200 },
  );
});

test('what is too long or of another shape is refused with its place', () => {
  const right = { columns: {}, unusedColumns: [], decisions: {}, notes: [] };
  assert.is(metadataProblem(metadata(right)), undefined);
  const note = (text: unknown) => ({ code: 'a', text });
  for (const [wrong, place] of [
    [{ notes: Array(mostRead.notes + 1).fill(note('x')) }, 'metadata.reading.notes: expected a list of at most 50'],
    [{ notes: [note('x'.repeat(longest.text + 1))] }, 'metadata.reading.notes.0.text: expected text of at most 1000'],
    [{ notes: [note({})] }, 'metadata.reading.notes.0.text: expected text'],
    [{ unusedColumns: 'x' }, 'metadata.reading.unusedColumns: expected a list'],
    [{ unusedColumns: Array(101).fill('x') }, 'metadata.reading.unusedColumns: expected a list of at most 100'],
    [{ files: ['x'.repeat(201)] }, 'metadata.reading.files.0: expected text of at most 200'],
    [{ columns: { customer: { column: 'a', why: '' } } }, 'metadata.reading.columns.customer.index: expected a whole'],
    [
      { columns: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [i, { column: 'a', index: 1, why: '' }])) },
      'metadata.reading.columns: expected an object of at most 50 fields',
    ],
    [{ decisions: [] }, 'metadata.reading.decisions: expected an object'],
    [{ more: { notes: -1 } }, 'metadata.reading.more.notes: expected a whole'],
  ] as const)
    assert.match(metadataProblem(metadata({ ...right, ...wrong }))!, place);
  assert.match(metadataProblem(metadata(null))!, 'metadata.reading: expected an object');
});

test('whatever a dataset says fits, and a model that is trained or refitted on it has it in its file', async () => {
  const long = 'x'.repeat(5000);
  const dataset = await readOrders(sampleOrders({ lines: 800 }));
  const odd = { ...dataset, notes: Array(99).fill({ code: long, text: long }), unusedColumns: Array(999).fill(long) };
  const options = { factors: 4, iterations: 1, threads: 1 } as const;
  const model = await fit(odd, options);
  assert.equal(model.metadata.reading, readingOf(odd));
  const again = await refit(dataset, model, { threads: 1 });
  assert.equal(again.metadata.reading, readingOf(dataset));
  const read = await decodeModel(joined(await encodeModel(model)));
  assert.equal(read.metadata.reading, model.metadata.reading);
});

test('a file of an earlier version has none, and a customer who is taken out is not named in it', async () => {
  assert.is((await decodeModel(joined(await encodeModel(smallModel())))).metadata.reading, undefined);
  const named: Reading = {
    columns: { customer: { column: 'who', index: 1, why: "it is 'Zoë' everywhere" } },
    unusedColumns: [],
    decisions: { customer: { value: 'who', why: "not 'name', which is 'Zoë'" } },
    notes: [{ code: 'guest-customer', text: 'Customer Zoë has 90 % of the orders.' }],
  };
  const { metadata, ...model } = smallModel();
  const bytes = joined(
    await encodeModel(
      withoutCustomers(
        { ...model, metadata: { ...metadata, reading: named } },
        (row) => model.customers[row] === 'Zoë',
      ),
    ),
  );
  assert.is(Buffer.from(bytes).indexOf('Zo'), -1);
  assert.is((await decodeModel(bytes)).metadata.reading!.columns.customer.column, 'who');
});

test('what pages, answers, and rollbacks go by is what it should be', () => {
  const lists = { recall: { mean: 0.2, standardError: 0.01 }, ndcg: { mean: 0.1, standardError: 0.01 } };
  const result = {
    question: 'all',
    customers: 40,
    model: lists,
    baselines: [{ name: 'popular', ...lists, gain: lists }],
  };
  const measured = { heldOut: 'orders', n: 10, picked: true, results: [result] };
  const problemOf = (change: object) => metadataProblem({ ...smallModel().metadata, measured, ...change });
  assert.is(problemOf({}), undefined);
  const withLists = (model: unknown) => ({ measured: { ...measured, results: [{ ...result, model }] } });
  for (const [wrong, problem] of [
    [{ trainedAt: '' }, 'metadata.trainedAt: expected a date'],
    [{ trainedAt: 'yesterday' }, 'metadata.trainedAt: expected a date'],
    [{ trainedAt: '+999999-01-01T00:00:00Z' }, 'metadata.trainedAt: expected a date'],
    [{ version: '' }, 'metadata.version: expected text'],
    [{ version: 'x'.repeat(201) }, 'metadata.version: expected text of at most 200'],
    [{ measured: { ...measured, results: [] } }, 'metadata.measured.results: expected a list that is not empty'],
    [{ measured: { ...measured, results: Array(4).fill(result) } }, 'results: expected a list of at most 3'],
    [withLists({ ...lists, recall: { mean: 1e308, standardError: 0 } }), 'recall.mean: expected a number from -1 to 1'],
    [withLists({ ...lists, ndcg: { mean: 0, standardError: 2 } }), 'ndcg.standardError: expected a number from 0 to 1'],
  ] as const)
    assert.match(problemOf(wrong)!, problem);
});

test.run();
