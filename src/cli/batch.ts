import { type Command, Option } from 'commander';
import { checkReplaceable, replaceFile } from '../files.ts';
import { loadModel } from '../model/file.ts';
import { createRecommender } from '../recommending/recommender.ts';
import { noRow } from '../recommending/types.ts';
import { type BatchFormat, openBatchWriter } from './formats.ts';
import { addKernelOptions, addSpreadOptions, kernelOptions, listOptions, resultGroup } from './options.ts';
import { count, duration, note, pour, printJson, progress, size } from './terminal.ts';
import { chosenKernel, interruptible, keepApart, kernelName, noteUnknown } from './work.ts';

const formats: BatchFormat[] = ['jsonl', 'csv', 'parquet'];

export function addBatch(program: Command): Command {
  const command = program
    .command('batch <model>')
    .summary('list products for every customer, into a file')
    .description('Lists the products for every customer, in the order of their ids, at constant memory.')
    .optionsGroup(resultGroup)
    .option('-o, --output <file>', 'where to; complete or not at all (default: stdout)')
    .addOption(
      new Option('--format <name>', 'of the file').choices(formats).default(undefined, 'by its name, else jsonl'),
    );
  addSpreadOptions(command);
  addKernelOptions(command);
  return command
    .optionsGroup('Options:')
    .option('--json', 'with -o: a report as one JSON object on stdout')
    .addHelpText(
      'after',
      `
Examples:
  endcap batch model.safetensors -o lists.parquet
  endcap batch model.safetensors -o lists.csv -n 20 --purchased exclude
  endcap batch model.safetensors -o lists.csv --diversity 0.3 --per-category 3
  endcap batch model.safetensors --quiet | gzip > lists.jsonl.gz

jsonl    a line for each customer:
         {"customer":"1","recommendations":[{"product":"P","score":0.5}]}
csv      a row for each recommendation: customer, rank (from 1), product, score
parquet  the same rows and columns

A customer for whom no product passes the filters has an empty list in jsonl and
no row in the others.`,
    )
    .action((path: string, values, self: Command) => {
      if (values.output === undefined) {
        if (values.json) self.error('error: --json needs -o: without it the lists go to stdout');
        if (values.format === 'parquet' && process.stdout.isTTY) {
          self.error('error: Parquet is not for a terminal: name a file with -o');
        }
      }
      return interruptible((signal) => batch(path, values, signal));
    });
}

type Values = {
  output?: string;
  format?: BatchFormat;
  json?: boolean;
};

async function batch(path: string, values: Values, signal: AbortSignal): Promise<void> {
  const { output } = values;
  const format = values.format ?? formats.find((name) => output?.toLowerCase().endsWith(`.${name}`)) ?? 'jsonl';
  const options = listOptions(values);
  keepApart(path, output);
  if (output !== undefined) await checkReplaceable(output);
  const kernel = await chosenKernel(kernelOptions(values));
  const model = await loadModel(path);
  const recommender = createRecommender(model, kernelOptions(values));
  const customers = model.customers.length;
  const all = `${count(model.products.length, 'product')} for ${count(customers, 'customer')}`;
  note(`Listing ${count(options.n)} of ${all} (${kernelName(kernel)})`);
  noteUnknown(model, options.allow, options.deny);
  const started = performance.now();
  const bar = progress('Listing');
  bar.at(0, 'the first customers');
  let recommendations = 0;

  async function write(append: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    const writer = await openBatchWriter(format, model, append);
    for await (const block of recommender.recommendBlocks({ ...options, signal })) {
      await writer.write(block);
      for (const row of block.rows) if (row !== noRow) recommendations++;
      const done = block.firstCustomer + block.customers;
      const perSecond = (1000 * done) / (performance.now() - started);
      bar.at(done / customers, `${count(done, 'customer')}, ${count(perSecond)} customers/s`);
    }
    await writer.end();
  }

  try {
    let bytes: number | undefined;
    if (output === undefined) await write(pour);
    else ({ bytes } = await replaceFile(output, write));
    bar.end();
    const ms = performance.now() - started;
    const customersPerSecond = (1000 * customers) / ms;
    const file = bytes === undefined ? '' : `${output}, ${size(bytes)}: `;
    note(
      `${file}${count(recommendations, 'product')} for ${count(customers, 'customer')}`,
      `${duration(ms)}, ${count(customersPerSecond)} customers/s`,
    );
    if (values.json) {
      const { version } = model.metadata;
      printJson({ file: output, format, bytes, customers, recommendations, ms, customersPerSecond, kernel, version });
    }
  } finally {
    await recommender.close();
  }
}
