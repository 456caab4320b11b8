import { type Command, Option } from 'commander';
import { throwIfAborted } from '../../errors.ts';
import { sampleCsv } from '../../sample/sample.ts';
import { endcap } from '../hints.ts';
import { interruptible } from '../interrupt.ts';
import { number, resultGroup } from '../options/options.ts';
import { checkOutput, writeOutput } from '../output.ts';
import { note, progress, size } from '../terminal/terminal.ts';

const bytesPerLine = 100;

export function addSample(program: Command): Command {
  return program
    .command('sample')
    .summary('write the orders of a made-up shop to experiment with')
    .description(
      'Writes order lines of a made-up shop for food and kitchenware as CSV. The same options give the same file.',
    )
    .optionsGroup(resultGroup)
    .addOption(new Option('-o, --output <file>', 'file to write, complete or not at all').default(undefined, 'stdout'))
    .optionsGroup('Shop:')
    .option('--lines <n>', 'order lines, including returns and faulty ones', number, 20_000)
    .addOption(new Option('--customers <n>', 'customers').argParser(number).default(undefined, 'lines / 16'))
    .addOption(
      new Option('--products <n>', 'products').argParser(number).default(undefined, '2.5 x the square root of lines'),
    )
    .option('--seed <n>', 'seed of the random numbers: another seed is another shop', number, 1)
    .addHelpText(
      'after',
      `
Examples:
  endcap sample -o orders.csv
  endcap sample --lines 1000000 -o big.csv
  endcap sample --lines 500 | head

Next: endcap train orders.csv -o model.safetensors`,
    )
    .action(({ output, lines, customers, products, seed }) =>
      interruptible(async (signal) => {
        await checkOutput(output, []);
        const bytes = await writeOutput(output, async (append) => {
          const bar = progress('Writing');
          let written = 0;
          for (const text of sampleCsv({ lines, customers, products, seed })) {
            throwIfAborted(signal);
            await append(Buffer.from(text));
            written += text.length;
            if (output !== undefined) bar.at(written / (bytesPerLine * lines), size(written));
          }
          bar.end();
        });
        if (bytes !== undefined) {
          note(`${output}: ${size(bytes)}`, `Next: ${endcap} train ${output} -o model.safetensors`);
        }
      }),
    );
}
