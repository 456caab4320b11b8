import type { Command } from 'commander';
import { excerpt } from '../../options.ts';
import type { BasketLine, Recommender, Source } from '../../recommending/types.ts';
import { answer, withoutRow } from '../lists/answer.ts';
import { addCustomerListOptions, basket, listOptions, noteUnknown } from '../options/list-options.ts';
import { addJson, addKernelOptions } from '../options/options.ts';
import { count } from '../terminal/terminal.ts';

export function addRecommend(program: Command): Command {
  const command = program
    .command('recommend <model> [customer]')
    .summary('list products for a customer or a basket')
    .description(
      'Lists products for a customer, for a basket, or for a customer with a basket. An unknown customer gets what sells best.',
    );
  addCustomerListOptions(command)
    .option('--explain', 'say why each product is in the list')
    .option(
      '--basket <lines>',
      'what is in the basket, such as P1,P2=3 for one P1 and three P2; products in it are not listed unless --purchased allow',
      basket,
    );
  addKernelOptions(command);
  addJson(command.optionsGroup('Options:'));
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap recommend model.safetensors 10840
  endcap recommend model.safetensors 10840 -n 5 --purchased exclude
  endcap recommend model.safetensors 10840 --explain
  endcap recommend model.safetensors --basket P1,P2=3
  endcap recommend model.safetensors -- -17

Next: endcap batch lists products for every customer
      endcap serve answers over HTTP`,
    )
    .action((path: string, customer: string | undefined, values, self: Command) => {
      if (customer === undefined && values.basket === undefined) {
        self.error('error: name a customer, or a basket with --basket');
      }
      return answer(path, values, async (recommender) => {
        const lines: BasketLine[] | undefined = values.basket;
        const options = { ...listOptions(values), explain: values.explain ?? false };
        const inBasket = lines?.map((line) => (typeof line === 'string' ? line : line.product));
        noteUnknown(recommender, inBasket);
        const { items, source } = lines
          ? await recommender.recommendForBasket(lines, { ...options, customer })
          : await recommender.recommend(customer as string, options);
        return {
          result: { customer, source, recommendations: items.map(withoutRow) },
          heading: headings(customer, recommender)[source as ModelSource],
          rows: items.map(({ explanation, ...item }) => ({ ...item, why: explanation?.text })),
        };
      });
    });
}

/** What lists of a model alone are made from. */
type ModelSource = Exclude<Source, 'new'>;

function headings(customer: string | undefined, { model, customerRow }: Recommender): Record<ModelSource, string> {
  const { customers, purchases } = model;
  const row = customer === undefined ? undefined : customerRow(customer);
  const bought = row === undefined ? 0 : purchases.offsets[row + 1] - purchases.offsets[row];
  const known =
    row === undefined ? '' : `customer ${excerpt(customers[row])}, who has bought ${count(bought, 'product')}`;
  const unknown =
    customer !== undefined && row === undefined
      ? `The model does not know customer ${excerpt(customer)}`
      : 'The model knows none of these products';
  return {
    personal: `For ${known}:`,
    'personal-new': `For ${known}, of products new to them, since nobody here buys a product twice:`,
    basket: `For this basket${known && ` of ${known}`}:`,
    popular: `${unknown}; this is what sells best (score: orders):`,
    'too-early': `For ${known}, by what sells and what they bought, since there are too few orders to know tastes:`,
  };
}
