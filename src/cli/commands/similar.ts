import type { Command } from 'commander';
import { excerpt } from '../../options.ts';
import { answer, named, withoutRow } from '../lists/answer.ts';
import { addListOptions, listOptions } from '../options/list-options.ts';
import { addJson, addKernelOptions, number } from '../options/options.ts';

export function addSimilar(program: Command): Command {
  const command = program
    .command('similar <model> <product>')
    .summary('list products similar to a product')
    .description(
      'Lists the products whose embeddings point in the same direction as that of a product. The score is the cosine, at most 1.',
    );
  addListOptions(command);
  addKernelOptions(command);
  addJson(command.optionsGroup('Options:'));
  return command
    .addHelpText('after', '\nExample:\n  endcap similar model.safetensors P1 -n 5')
    .action((path: string, product: string, values) =>
      answer(path, values, async (recommender) => {
        const { n, allow, deny } = listOptions(values);
        const items = await recommender.similarProducts(product, { n, allow, deny });
        return {
          result: { product, recommendations: items.map(withoutRow) },
          heading: `Similar to ${named(recommender, product)}:`,
          rows: items,
          empty: '(there are no other products)',
        };
      }),
    );
}

export function addSimilarCustomers(program: Command): Command {
  const command = program
    .command('similar-customers <model> <customer>')
    .summary('list customers similar to a customer')
    .description(
      'Lists the customers whose embeddings point in the same direction as that of a customer. The score is the cosine, at most 1.',
    )
    .optionsGroup('Lists:')
    .option('-n, --number <n>', 'customers in the list, from 1 to 10,000', number, 10);
  addKernelOptions(command);
  addJson(command.optionsGroup('Options:'));
  return command
    .addHelpText('after', '\nExample:\n  endcap similar-customers model.safetensors 10840 -n 5')
    .action((path: string, customer: string, values) =>
      answer(path, values, async (recommender) => {
        const similar = await recommender.similarCustomers(customer, { n: values.number });
        return {
          result: { customer, customers: similar.map(withoutRow) },
          heading: `Similar to customer ${excerpt(customer)}:`,
          rows: similar,
          empty: '(there are no other customers)',
        };
      }),
    );
}
