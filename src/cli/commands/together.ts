import type { Command } from 'commander';
import { answer, named, withoutRow } from '../lists/answer.ts';
import { addListOptions, listOptions } from '../options/list-options.ts';
import { addJson, addKernelOptions } from '../options/options.ts';

export function addTogether(program: Command): Command {
  const command = program
    .command('together <model> <product>')
    .summary('list products bought together with a product')
    .description(
      'Lists the products that share orders with a product significantly more often than by chance, strongest evidence ' +
        'first. The lift says how many times more often.',
    );
  addListOptions(command);
  addKernelOptions(command);
  addJson(command.optionsGroup('Options:'));
  return command
    .addHelpText('after', '\nExample:\n  endcap together model.safetensors P1 -n 5')
    .action((path: string, product: string, values) =>
      answer(path, values, async (recommender) => {
        const { n, allow, deny } = listOptions(values);
        const items = await recommender.boughtTogether(product, { n, allow, deny });
        return {
          result: { product, recommendations: items.map(withoutRow) },
          heading: `Bought together with ${named(recommender, product)}:`,
          rows: items,
          empty: '(no product shares orders with it significantly more often than by chance)',
        };
      }),
    );
}
