import type { Command } from 'commander';
import { throwIfAborted } from '../errors.ts';
import { checkReplaceable, replaceFile } from '../files.ts';
import { sampleCsv } from '../sample/sample.ts';
import { number } from './options.ts';
import { note, pour, progress, size } from './terminal.ts';
import { endcap, interruptible } from './work.ts';

export function addSample(program: Command): Command {
  return program
    .command('sample')
    .summary('write orders of a made-up shop, to try things with')
    .description(
      'Writes the order lines of a made-up fine-food and kitchen shop as CSV, the same for the same options.',
    )
    .option('-o, --output <file>', 'where to (default: stdout)')
    .option('--lines <n>', 'order lines, returns and dirty ones included', number, 20_000)
    .option('--customers <n>', 'default: lines / 16', number)
    .option('--products <n>', 'default: 2.5 x the square root of lines', number)
    .option('--seed <n>', 'another seed, another shop', number, 1)
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
        const write = async (append: (bytes: Buffer) => Promise<void>) => {
          const bar = progress('Writing');
          let bytes = 0;
          for (const text of sampleCsv({ lines, customers, products, seed })) {
            throwIfAborted(signal);
            await append(Buffer.from(text));
            bytes += text.length;
            // A line has 100 bytes or so.
            if (output !== undefined) bar.at(bytes / (100 * lines), size(bytes));
          }
          bar.end();
        };
        if (output === undefined) return write(pour);
        await checkReplaceable(output);
        const { bytes } = await replaceFile(output, write);
        note(`${output}: ${size(bytes)}`, `Next: ${endcap} train ${output} -o model.safetensors`);
      }),
    );
}
