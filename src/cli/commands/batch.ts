import { type Command, Option } from 'commander';
import { EndcapError } from '../../errors.ts';
import { loadRecommender } from '../../recommending/create.ts';
import { interruptible } from '../interrupt.ts';
import { kernelName, noteFailed } from '../kernels.ts';
import { type BatchFormat, openBatchWriter } from '../lists/formats.ts';
import { addCustomerListOptions, listOptions, noteUnknown } from '../options/list-options.ts';
import { addKernelOptions, kernelOptions, resultGroup } from '../options/options.ts';
import { checkOutput, writeOutput } from '../output.ts';
import { count, duration, note, printJson, progress, size } from '../terminal/terminal.ts';

const formats: BatchFormat[] = ['jsonl', 'csv', 'parquet'];

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

Formats:
  jsonl    one line per customer:
           {"customer":"1","recommendations":[{"product":"P","score":0.5}]}
  csv      one row per recommendation: customer, rank (from 1), product, score;
           ids such as =1+1 become "'=1+1", so that a spreadsheet does not run
           them; --raw-cells leaves them alone, for programs
  parquet  the same rows and columns as csv

If no product passes the filters for a customer, jsonl has an empty list and the
other formats have no row.`,
    )
    .action((path: string, values, self: Command) => {
      if (values.output === undefined) {
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
  json?: boolean;
};

async function batch(path: string, values: BatchValues, signal: AbortSignal): Promise<void> {
  const { output } = values;
  const format = values.format ?? formats.find((name) => output?.toLowerCase().endsWith(`.${name}`)) ?? 'jsonl';
  if (values.rawCells && format !== 'csv') {
    const message = `rawCells: only csv has it, and the format is ${format}`;
    throw new EndcapError('invalid_options', message, { option: 'rawCells', expected: 'csv' });
  }
  const options = listOptions(values);
  await checkOutput(output, [path]);
  const recommender = await loadRecommender(path, kernelOptions(values));
  const { model } = recommender;
  const { kernel } = recommender;
  const customers = model.customers.length;
  noteFailed(kernel);
  const sizes = `${count(model.products.length, 'product')} for ${count(customers, 'customer')}`;
  note(`Listing up to ${count(options.n)} of ${sizes} (${kernelName(kernel)})`);
  noteUnknown(recommender, options.allow, options.deny);
  const started = performance.now();
  const bar = progress('Listing');
  bar.at(0, 'the first customers');
  let recommendations = 0;

  try {
    const bytes = await writeOutput(output, async (append) => {
      const writer = await openBatchWriter(format, model, append, values.rawCells);
      for await (const block of recommender.recommendBlocks({ ...options, signal })) {
        recommendations += await writer.write(block);
        const done = block.firstCustomer + block.customers;
        const perSecond = (1000 * done) / (performance.now() - started);
        bar.at(done / customers, `${count(done, 'customer')}, ${count(perSecond)} customers/s`);
      }
      await writer.end();
    });
    bar.end();
    const ms = performance.now() - started;
    const customersPerSecond = (1000 * customers) / ms;
    const file = bytes === undefined ? '' : `${output}, ${size(bytes)}: `;
    note(
      `${file}${count(recommendations, 'recommendation')} for ${count(customers, 'customer')}`,
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
