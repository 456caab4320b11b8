import { type Command, Option } from 'commander';
import { checkReplaceable, replaceFile } from '../files.ts';
import { loadModel } from '../model/file.ts';
import { createRecommender } from '../recommending/open.ts';
import { type BatchFormat, noRow, openBatchWriter } from './formats.ts';
import { addKernelOptions, addListOptions, kernelOptions, listOptions, resultGroup } from './options.ts';
import { count, duration, note, pour, printJson, progress, size } from './terminal.ts';
import { chosenKernel, interruptible, keepApart, kernelName } from './work.ts';

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
  addListOptions(command);
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
  endcap batch model.safetensors --quiet | gzip > lists.jsonl.gz

jsonl    a line for each customer:
         {"customer":"1","recommendations":[{"product":"P","score":0.5}]}
csv      a row for each recommendation: customer, rank (from 1), product, score
parquet  the same rows and columns

A customer for whom no product passes the filters has an empty list in jsonl and
no row in the others.`,
    )
    .action((path: string, values, self: Command) =>
      interruptible(async (signal) => {
        const output: string | undefined = values.output;
        const format: BatchFormat =
          values.format ?? formats.find((name) => output?.toLowerCase().endsWith(`.${name}`)) ?? 'jsonl';
        if (output === undefined && values.json)
          self.error('error: --json needs -o: without it the lists go to stdout');
        if (output === undefined && format === 'parquet' && process.stdout.isTTY) {
          self.error('error: Parquet is not for a terminal: name a file with -o');
        }
        keepApart(path, output);
        if (output !== undefined) await checkReplaceable(output);
        const kernel = await chosenKernel(kernelOptions(values));
        const model = await loadModel(path);
        const recommender = createRecommender(model, kernelOptions(values));
        const customers = model.customers.length;
        note(
          `Listing ${count(values.number)} of ${count(model.products.length, 'product')} for ${count(customers, 'customer')}, kernel ${kernelName(kernel)}`,
        );
        const started = performance.now();
        const bar = progress('Listing');
        let recommendations = 0;
        const write = async (append: (bytes: Uint8Array) => Promise<void>) => {
          const writer = await openBatchWriter(format, model, append);
          for await (const block of recommender.recommendBlocks({ ...listOptions(values), signal })) {
            await writer.write(block);
            recommendations += block.rows.reduce((sum, row) => sum + (row === noRow ? 0 : 1), 0);
            const done = block.firstCustomer + block.customers;
            const perSecond = (1000 * done) / (performance.now() - started);
            bar.at(done / customers, `${count(done, 'customer')}, ${count(perSecond)} customers/s`);
          }
          await writer.end();
        };
        try {
          let bytes: number | undefined;
          if (output === undefined) await write(pour);
          else ({ bytes } = await replaceFile(output, write));
          bar.end();
          const ms = performance.now() - started;
          const customersPerSecond = (1000 * customers) / ms;
          const file = bytes === undefined ? '' : `${output}, ${size(bytes)}: `;
          note(
            `${file}${count(recommendations, 'recommendation')} for ${count(customers, 'customer')} in ${duration(ms)}, ` +
              `${count(customersPerSecond)} customers/s`,
          );
          if (values.json)
            printJson({
              file: output,
              format,
              bytes,
              customers,
              recommendations,
              ms,
              customersPerSecond,
              kernel,
              version: model.metadata.version,
            });
        } finally {
          await recommender.close();
        }
      }),
    );
}
