import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { saveModel } from '../../../src/model/file/file.ts';
import type { Model } from '../../../src/model/model.ts';
import { withoutCustomers } from '../../../src/model/without.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { endcap, json, start } from '../run.ts';

const test = suite<{ cwd: string; model: Model; before: string[] }>('endcap batch --shard');

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-shards-'));
  const dataset = await readOrders(sampleOrders({ lines: 600, customers: 60 }));
  context.model = await fit(dataset, { factors: 8, iterations: 2, threads: 1 });
  await saveModel(context.model, join(context.cwd, 'm.safetensors'));
});
test.before.each(async (context) => {
  context.before = await readdir(context.cwd);
});
test.after.each(async ({ cwd, before }) => {
  for (const name of await readdir(cwd)) if (!before.includes(name)) await rm(join(cwd, name));
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

interface Report {
  file: string;
  shard: string;
  bytes: number;
  customers: number;
  recommendations: number;
  skipped?: boolean;
  error?: { code: string; message: string };
}

type Line = string | (() => Promise<string>);

/** Gives lines to `--shard -`, each once the one before is answered, and returns the answers. */
async function answersTo(cwd: string, lines: readonly Line[], ...args: string[]): Promise<Report[]> {
  const { child, ran } = start(['batch', 'm.safetensors', '--shard', '-', '--quiet', ...args], { cwd, hasStdin: true });
  const answers: Report[] = [];
  const [...rest] = lines;
  const sendNext = async () => {
    const line = rest.shift();
    if (line === undefined) child.stdin!.end();
    else child.stdin!.write(`${typeof line === 'string' ? line : await line()}\n`);
  };
  await sendNext();
  for await (const line of createInterface({ input: child.stdout! })) {
    answers.push(JSON.parse(line));
    await sendNext();
  }
  const { code, stderr } = await ran;
  assert.is(code, 0, stderr);
  assert.is(answers.length, lines.length);
  return answers;
}

test('the files of all shards, one after the other, are the file of the whole', async ({ cwd, model }) => {
  for (const [format, ...args] of [
    ['jsonl', '-n', '4'],
    ['csv', '-n', '6', '--purchased', 'only', '--deny', model.products[0]],
  ]) {
    const whole = await endcap(['batch', 'm.safetensors', '--format', format, '--quiet', ...args], { cwd });
    const counts = [1, 3, model.customers.length + 3];
    const lines = counts.flatMap((of) => Array.from({ length: of }, (_, i) => `${i + 1}/${of} ${of}-${i}.${format}`));
    const answers = await answersTo(cwd, lines, ...args);
    for (const of of counts) {
      const own = answers.splice(0, of);
      const parts = await Promise.all(own.map(({ file }) => readFile(join(cwd, file))));
      assert.ok(Buffer.concat(parts).equals(whole.stdout), `${of} shards as ${format}`);
      assert.equal(
        parts.map(({ length }) => length),
        own.map(({ bytes }) => bytes),
      );
      assert.is(
        own.reduce((sum, { customers }) => sum + customers, 0),
        model.customers.length,
      );
    }
  }
});

test('Parquet of shards has the rows of the whole in their order, also where a shard is empty', async ({
  cwd,
  model,
}) => {
  const rowsOf = async (name: string) => parquetReadObjects({ file: await asyncBufferFromFile(join(cwd, name)) });
  const whole = await endcap(['batch', 'm.safetensors', '-o', 'whole.parquet'], { cwd });
  assert.is(whole.code, 0, whole.stderr);
  const of = model.customers.length + 1;
  const answers = await answersTo(
    cwd,
    Array.from({ length: of }, (_, i) => `${i + 1}/${of} part ${i}.parquet`),
  );
  assert.is(answers[0].customers, 0);
  const rows = [];
  for (const { file } of answers) rows.push(...(await rowsOf(file)));
  assert.equal(rows, await rowsOf('whole.parquet'));
});

test('a shard that is complete is skipped, and what it has is reported', async ({ cwd }) => {
  const args = ['batch', 'm.safetensors', '--shard', '2/3', '-o', 'lists.csv', '--json'];
  const first = json<Report>(await endcap(args, { cwd }));
  const { ino } = await stat(join(cwd, 'lists.csv'));
  const ran = await endcap(args, { cwd });
  const { file, shard, bytes, customers, recommendations, skipped } = json<Report>(ran);
  assert.equal([file, shard, skipped], ['lists.csv', '2/3', true]);
  assert.equal([bytes, customers, recommendations], [first.bytes, first.customers, first.recommendations]);
  assert.match(ran.stderr, /^lists\.csv is complete: [\d,]+ recommendations for [\d,]+ customers of shard 2\/3\n$/);
  assert.is((await stat(join(cwd, 'lists.csv'))).ino, ino);
  assert.equal(await answersTo(cwd, ['2/3 lists.csv']), [
    { file, format: 'csv', shard, bytes, customers, recommendations, skipped },
  ]);
});

test('lists of another model, or of other options, are not taken for complete', async ({ cwd, model }) => {
  const ask = async (...args: string[]) => {
    const shard = ['--shard', '1/2', '-o', 'lists.jsonl'];
    const { code, stderr } = await endcap(['batch', 'm.safetensors', ...shard, ...args], { cwd });
    assert.is(code, 0, stderr);
    return stderr;
  };
  await ask();
  for (const args of [
    ['-n', '4'],
    ['--deny', model.products[0]],
  ])
    assert.match(await ask(...args), /^lists\.jsonl is written again: it has another shard, or other options\n/);
  assert.match(await ask('--deny', model.products[0]), /^lists\.jsonl is complete/);

  // Without an erased customer, the model has the version it had.
  const erased = withoutCustomers(model, (row) => row === 0);
  assert.is(erased.metadata.version, model.metadata.version);
  await saveModel(erased, join(cwd, 'm.safetensors'));
  try {
    assert.match(await ask(), /^lists\.jsonl is written again: it is of another model\n/);
    const lists = await readFile(join(cwd, 'lists.jsonl'), 'utf8');
    assert.not.match(lists, `{"customer":${JSON.stringify(model.customers[0])},`);
  } finally {
    await saveModel(model, join(cwd, 'm.safetensors'));
  }
});

test('a file that was changed, and a record that is not one, are not taken for complete', async ({ cwd }) => {
  const [path, record] = [join(cwd, 'lists.jsonl'), join(cwd, '.lists.jsonl.shard')];
  const line = '1/2 lists.jsonl';
  let text = '';
  const changes: (() => Promise<unknown>)[] = [
    async () => (text = await readFile(path, 'utf8')),
    () => writeFile(path, text.slice(0, -1)),
    () =>
      writeFile(
        path,
        text.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)),
      ),
    () => writeFile(path, ''),
    () => rm(path),
    ...['', 'null', '7', '{', '{}', '{"sha256":""}'].map((said) => () => writeFile(record, said)),
  ];
  // Whatever it was, it is made again, and complete the second time.
  const lines = changes.flatMap((change) => [() => change().then(() => line), line]);
  const answers = await answersTo(cwd, [line, ...lines, '2/2 lists.jsonl', line, () => rm(record).then(() => line)]);
  assert.equal(
    answers.map(({ skipped = false }) => skipped),
    [false, true, ...changes.slice(1).flatMap(() => [true, false]), true, false, false, false],
  );
  assert.is(await readFile(path, 'utf8'), text);
});

test('a shard that does not exist is wrong usage, before anything is read or written', async ({ cwd, before }) => {
  for (const shard of ['4/3', 'first']) {
    const { code, stderr } = await endcap(['batch', 'absent', '--shard', shard, '-o', 'x.jsonl'], { cwd });
    assert.is(code, 2, stderr);
    assert.ok(
      stderr.startsWith(`error: --shard: '${shard}' cannot be used; expected which part, from 1, of how many`),
      stderr,
    );
  }
  const both = await endcap(['batch', 'm.safetensors', '--shard', '-', '-o', 'x.jsonl'], { cwd });
  assert.is(both.code, 2);
  assert.match(both.stderr, /with --shard -, stdin names the files/);
  assert.equal(await readdir(cwd), before);
});

test('what is wrong with one line of stdin is its answer, and the next line is answered as well', async ({ cwd }) => {
  const lines = ['', '1/2', '3/2 a.jsonl', '1/2 m.safetensors', '1/2 missing/a.jsonl', '2/2 a b.jsonl'];
  const answers = await answersTo(cwd, lines);
  assert.equal(
    answers.map(({ error }) => error?.code),
    [...Array(4).fill('invalid_options'), 'write_failed', undefined],
  );
  assert.match(answers[1].error!.message, /^shard: '1\/2' cannot be used; expected a shard and a file, such as /);
  assert.equal([answers[5].file, answers[5].shard], ['a b.jsonl', '2/2']);
});

test('a model that cannot be read ends it before the first answer, and a signal while it waits', async ({ cwd }) => {
  const { code, stdout, stderr } = await endcap(['batch', 'absent', '--shard', '-'], { cwd });
  assert.is(code, 1);
  assert.is(stdout.length, 0);
  assert.match(stderr, /^error: absent does not exist/);
  const { child, ran } = start(['batch', 'm.safetensors', '--shard', '-', '--quiet'], { cwd, hasStdin: true });
  child.stdin!.write('1/1 lists.jsonl\n');
  for await (const _ of child.stdout!) child.kill('SIGTERM');
  const stopped = await ran;
  assert.is(stopped.code, 143, stopped.stderr);
});

test('a shard that is killed leaves no record, and the next run writes it', async ({ cwd }) => {
  const args = ['batch', 'm.safetensors', '--shard', '1/1', '-o', 'lists.jsonl', '-n', '10000'];
  const killed = await endcap(args, {
    cwd,
    onStderr: (text, child) => {
      if (text.includes('Listing')) child.kill('SIGKILL');
    },
  });
  if (killed.code === null) assert.not.ok((await readdir(cwd)).includes('.lists.jsonl.shard'));
  assert.is((await endcap(args, { cwd })).code, 0);
  assert.ok((await readdir(cwd)).includes('.lists.jsonl.shard'));
});

test.run();
