import { createInterface } from 'node:readline';
import { type Command, Option } from 'commander';
import { EndcapError, throwIfAborted } from '../../errors.ts';
import { loadChecksum } from '../../model/file/file.ts';
import type { Model } from '../../model/model.ts';
import { invalidOption } from '../../options.ts';
import { loadRecommender } from '../../recommending/create.ts';
import { isFirst, rowsOfShard, type Shard } from '../../recommending/lists/shard.ts';
import type { Recommender, SpreadOptions } from '../../recommending/types.ts';
import { interruptible } from '../interrupt.ts';
import { kernelName, noteFailed } from '../kernels.ts';
import { type Append, type BatchFormat, openBatchWriter } from '../lists/formats.ts';
import { checkTable, type ListsTable, listsTable, replaceTable } from '../lists/postgres-table.ts';
import { type Asked, askedOf, type Complete, completeBefore, hashing, recordComplete } from '../lists/shards.ts';
import { addCustomerListOptions, listOptions, noteUnknown } from '../options/list-options.ts';
import { addKernelOptions, kernelOptions, resultGroup } from '../options/options.ts';
import { checkOutput, writeOutput } from '../output.ts';
import { count, duration, note, printJson, progress, size } from '../terminal/terminal.ts';

const formats: BatchFormat[] = ['jsonl', 'csv', 'parquet'];
/** Instead of a shard: stdin says which. */
const shardsOfStdin = '-';

export function addBatch(program: Command): Command {
  const command = program
    .command('batch <model>')
    .summary('list products for every customer')
    .description('Lists products for every customer, ordered by customer id. Memory use does not grow with the lists.')
    .optionsGroup(resultGroup)
    .addOption(new Option('-o, --output <file>', 'file to write, complete or not at all').default(undefined, 'stdout'))
    .addOption(
      new Option('--format <name>', 'file format')
        .choices(formats)
        .default(undefined, "the file's extension, else jsonl"),
    )
    .option('--raw-cells', 'with csv: write ids as they are, even those that a spreadsheet would run as formulas');
  command.option('--table <name>', 'with -o postgres://host/shop: the table, which is replaced in one step');
  command.option(
    '--shard <part>',
    'only this part of the customers, such as 3/64, for several machines; one whose file is complete is skipped; ' +
      'with -, stdin says which shards to write',
  );
  addCustomerListOptions(command);
  addKernelOptions(command);
  return command
    .optionsGroup('Options:')
    .option('--json', 'with -o: print a report as one JSON object to stdout')
    .addHelpText(
      'after',
      `
Examples:
  endcap batch model.safetensors -o lists.parquet
  endcap batch model.safetensors -o lists.csv -n 20 --purchased exclude
  endcap batch model.safetensors -o lists.csv --diversity 0.3 --per-category 3
  endcap batch model.safetensors --quiet | gzip > lists.jsonl.gz
  endcap batch model.safetensors --shard 3/64 -o lists-03.jsonl
  endcap batch model.safetensors -o postgres://db.example/shop --table lists

Formats:
  jsonl    one line per customer:
           {"customer":"1","recommendations":[{"product":"P","score":0.5}]}
  csv      one row per recommendation: customer, rank (from 1), product, score;
           ids such as =1+1 become "'=1+1", so that a spreadsheet does not run
           them; --raw-cells leaves them alone, for programs
  parquet  the same rows and columns as csv

If no product passes the filters for a customer, jsonl has an empty list and the
other formats have no row.

Tables:
  The rows and columns of csv go into a new table of Postgres, which takes the
  place of the old one, with its grants and indexes, in one transaction. If
  anything goes wrong before, the old one is as it was.

Shards:
  Customers stay in their order: the files of all shards, one after the other,
  are the file of the whole, for which only the first csv has a header. Parquet
  has the same rows, each file for itself. Scores can differ in their last bits
  between backends and instruction sets, and near-ties with them.

  Beside a file, .<file>.shard says which lists it has: a later run with the same
  model and options leaves a complete file as it is; one with others replaces it.

  With --shard -, the model is read once, and each line of stdin, such as
  3/64 lists-03.parquet, is answered with a line of JSON: the report of --json,
  or an error.`,
    )
    .action((path: string, values, self: Command) => {
      if (values.shard === shardsOfStdin) {
        if (values.output !== undefined) self.error('error: with --shard -, stdin names the files, and -o none');
      } else if (values.output === undefined) {
        if (values.json) self.error('error: --json needs -o: without it, the lists go to stdout');
        if (values.format === 'parquet' && process.stdout.isTTY) {
          self.error('error: Parquet is binary and cannot be shown in a terminal: name a file with -o');
        }
      }
      return interruptible((signal) => batch(path, values, signal));
    });
}

type BatchValues = {
  output?: string;
  format?: BatchFormat;
  rawCells?: boolean;
  shard?: string;
  table?: string;
  json?: boolean;
};

/** Lists to write: all, or those of a shard, into a file, or to stdout. */
interface Job {
  shard?: Shard;
  output?: string;
  table?: ListsTable;
  format: BatchFormat;
  rawCells?: boolean;
}

async function batch(path: string, values: BatchValues, signal: AbortSignal): Promise<void> {
  const options = listOptions(values);
  if (values.shard === shardsOfStdin) return batchEach(path, values, options, signal);
  const job = jobOf(values.output, values, values.shard);
  if (job.table) await checkTable(job.table, signal);
  else await checkOutput(job.output, [path]);
  const checksum = job.shard === undefined ? undefined : await loadChecksum(path);
  const record = await recordOf(checksum, job, options);
  if (record?.complete) {
    note(`${job.output} is complete: ${wordsOf(record.complete)} of shard ${job.shard}`);
    if (values.json) printJson(reportOf(job, record.complete, { skipped: true }));
    return;
  }
  if (record?.problem) note(`${job.output} is written again: ${record.problem}`);
  const recommender = await open(path, checksum, options, values, job.shard);
  try {
    const { ms, ...made } = await write(recommender, job, options, record?.asked, signal);
    const customersPerSecond = (1000 * made.customers) / ms;
    const file =
      made.bytes === undefined ? (job.table ? `${job.output}: ` : '') : `${job.output}, ${size(made.bytes)}: `;
    note(`${file}${wordsOf(made)}`, `${duration(ms)}, ${count(customersPerSecond)} customers/s`);
    if (values.json) printJson(reportOf(job, made, { ms, customersPerSecond, ...ofRecommender(recommender) }));
  } finally {
    await recommender.close();
  }
}

/** Writes the shards that stdin says, one a line, and answers each with a line. What is wrong with one is its answer. */
async function batchEach(
  path: string,
  values: BatchValues,
  options: SpreadOptions & { n: number },
  signal: AbortSignal,
): Promise<void> {
  const checksum = await loadChecksum(path);
  const recommender = await open(path, checksum, options, values);
  try {
    const lines = createInterface({ input: process.stdin, signal });
    for await (const line of lines) {
      const [shard, output] = line.split(/ +(.*)/s, 2);
      try {
        if (!output) throw invalidOption('shard', line, 'a shard and a file, such as 3/64 lists-3.parquet');
        const job = jobOf(output, values, shard);
        await checkOutput(output, [path]);
        const record = await recordOf(checksum, job, options);
        if (record?.complete) printJson(reportOf(job, record.complete, { skipped: true }));
        else {
          const { ms, ...made } = await write(recommender, job, options, record?.asked, signal);
          printJson(reportOf(job, made, { ms, ...ofRecommender(recommender) }));
        }
      } catch (error) {
        if (!(error instanceof EndcapError) || isOfAll(error)) throw error;
        const { code, message, details } = error;
        printJson({ shard, file: output, error: { code, message, details } });
      }
    }
    throwIfAborted(signal);
  } finally {
    await recommender.close();
  }
}

/** Whether what went wrong would go wrong with every other shard. */
const isOfAll = ({ code }: EndcapError) => code === 'aborted' || code === 'kernel_unavailable';

/** @throws `invalid_options` for what can be told before the model is read. */
function jobOf(output: string | undefined, values: BatchValues, shard: string | undefined): Job {
  const { format: given, rawCells } = values;
  const table = listsTable(output, values.table);
  if (table) {
    for (const [option, value] of Object.entries({ format: given, rawCells, shard }))
      if (value !== undefined)
        throw invalidOption(option, value, `none with ${table.address.name}, which takes rows of all customers`);
    return { output: `${table.address.name} ${table.table}`, table, format: 'csv', rawCells: true };
  }
  const format = given ?? formats.find((name) => output?.toLowerCase().endsWith(`.${name}`)) ?? 'jsonl';
  if (rawCells && format !== 'csv') {
    const message = `rawCells: only csv has it, and the format is ${format}`;
    throw new EndcapError('invalid_options', message, { option: 'rawCells', expected: 'csv' });
  }
  if (shard !== undefined) rowsOfShard(shard as Shard, 0);
  return { output, format, rawCells, shard: shard as Shard | undefined };
}

/** What is known of the file of a shard, and what to write down once it is complete. */
async function recordOf(
  checksum: string | undefined,
  { shard, output, format, rawCells }: Job,
  options: SpreadOptions,
) {
  if (checksum === undefined || shard === undefined || output === undefined) return undefined;
  const asked = askedOf(checksum, shard, options, format, rawCells);
  const before = await completeBefore(output, asked);
  return typeof before === 'string' ? { asked, problem: before } : { asked, complete: before };
}

/** @throws also `model_unreadable` if the file no longer is that of the checksum. */
async function open(
  path: string,
  checksum: string | undefined,
  options: SpreadOptions & { n: number },
  values: BatchValues,
  shard?: Shard,
): Promise<Recommender> {
  const recommender = await loadRecommender(path, kernelOptions(values));
  if (checksum !== undefined && (await loadChecksum(path)) !== checksum) {
    await recommender.close();
    throw new EndcapError('model_unreadable', `${path} was replaced while it was read; run this again`, { file: path });
  }
  const { model, kernel } = recommender;
  noteFailed(kernel);
  const { from, to } = rowsOf(model, shard);
  const part = shard === undefined ? '' : ` of shard ${shard}`;
  const sizes = `${count(model.products.length, 'product')} for ${count(to - from, 'customer')}${part}`;
  note(`Listing up to ${count(options.n)} of ${sizes} (${kernelName(kernel)})`);
  noteUnknown(recommender, options.allow, options.deny);
  return recommender;
}

const rowsOf = ({ customers }: Model, shard?: Shard) =>
  shard === undefined ? { from: 0, to: customers.length } : rowsOfShard(shard, customers.length);

async function write(
  recommender: Recommender,
  { shard, output, table, format, rawCells }: Job,
  options: SpreadOptions,
  asked: Asked | undefined,
  signal: AbortSignal,
) {
  const { model } = recommender;
  const { from, to } = rowsOf(model, shard);
  const customers = to - from;
  const started = performance.now();
  const bar = progress('Listing');
  bar.at(0, 'the first customers');
  let recommendations = 0;
  let sha256 = '';
  const comment = `Lists of Endcap, of model ${model.metadata.version}`;
  const writeAll = async (append: Append) => {
    const hashed = hashing(append);
    const writer = await openBatchWriter(format, model, asked ? hashed.append : append, {
      rawCells,
      hasHeader: isFirst(shard) && !table,
    });
    for await (const block of recommender.recommendBlocks({ ...options, shard, signal })) {
      recommendations += await writer.write(block);
      const done = block.firstCustomer + block.customers - from;
      const perSecond = (1000 * done) / (performance.now() - started);
      bar.at(done / customers, `${count(done, 'customer')}, ${count(perSecond)} customers/s`);
    }
    await writer.end();
    sha256 = hashed.hash.digest('hex');
  };
  const bytes = table
    ? await replaceTable(table, comment, writeAll, signal).then(() => undefined)
    : await writeOutput(output, writeAll);
  bar.end();
  if (asked && output !== undefined && bytes !== undefined)
    await recordComplete(output, asked, { customers, recommendations, bytes, sha256 });
  return { customers, recommendations, bytes, ms: performance.now() - started };
}

type Made = Pick<Complete, 'customers' | 'recommendations'> & { bytes: number | undefined };

const wordsOf = ({ customers, recommendations }: Made) =>
  `${count(recommendations, 'recommendation')} for ${count(customers, 'customer')}`;

const ofRecommender = ({ kernel, model }: Recommender) => ({ kernel, version: model.metadata.version });

function reportOf({ output: file, format, shard }: Job, { bytes, customers, recommendations }: Made, more: object) {
  return { file, format, shard, bytes, customers, recommendations, ...more };
}
