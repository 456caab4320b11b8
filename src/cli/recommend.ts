import type { Command } from 'commander';
import { loadModel } from '../model/file.ts';
import type { Model } from '../model/model.ts';
import { createRecommender } from '../recommending/open.ts';
import type { BasketLine, Recommendation, Recommender, Source } from '../recommending/recommender.ts';
import { addJson, addKernelOptions, addListOptions, basket, kernelOptions, listOptions } from './options.ts';
import { count, print, printJson, prose, table } from './terminal.ts';
import { chosenKernel, noteUnknown } from './work.ts';

export function addRecommend(program: Command): Command {
  const command = program
    .command('recommend <model> [customer]')
    .summary('list products for a customer or a basket')
    .description(
      'Lists the products for a customer, for a basket, or for a customer with a basket. Unknown customers get what everybody buys.',
    );
  addListOptions(command);
  command.option(
    '--basket <lines>',
    "what is in the basket: ids, with =3 where it's three of them; its products are not listed unless --purchased allow",
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
  endcap recommend model.safetensors --basket P1,P2=3
  endcap recommend model.safetensors -- -17

Next: endcap batch lists for every customer, endcap serve answers over HTTP`,
    )
    .action((path: string, customer: string | undefined, values, self: Command) => {
      if (customer === undefined && values.basket === undefined) {
        self.error('error: name a customer, or a basket with --basket');
      }
      return answer(path, values, (recommender) => {
        const lines: BasketLine[] | undefined = values.basket;
        const options = listOptions(values);
        const inBasket = lines?.map((line) => (typeof line === 'string' ? line : line.product));
        noteUnknown(recommender.model, inBasket);
        const { items, source } = lines
          ? recommender.recommendForBasket(lines, { ...options, customer })
          : recommender.recommend(customer as string, options);
        return { about: { customer, source }, items, heading: headings(customer, recommender.model)[source] };
      });
    });
}

export function addSimilar(program: Command): Command {
  const command = program
    .command('similar <model> <product>')
    .summary('list products like another one')
    .description(
      "Lists the products whose embeddings point the same way as a product's; the score is the cosine, 1 at most.",
    );
  addListOptions(command, false);
  addKernelOptions(command);
  addJson(command.optionsGroup('Options:'));
  return command
    .addHelpText('after', '\nExample:\n  endcap similar model.safetensors P1 -n 5')
    .action((path: string, product: string, values) =>
      answer(path, values, (recommender) => {
        const { model } = recommender;
        const { n, allow, deny } = listOptions(values);
        const items = recommender.similarProducts(product, { n, allow, deny });
        const { name } = model.productInfo[model.products.indexOf(product)];
        return { about: { product }, items, heading: `Like ${product}${name ? `, ${name}` : ''}:` };
      }),
    );
}

interface Answer {
  about: object;
  items: Recommendation[];
  heading: string;
}

async function answer(
  path: string,
  values: { json?: boolean; allow?: string[]; deny?: string[] },
  ask: (recommender: Recommender) => Answer,
): Promise<void> {
  await chosenKernel(kernelOptions(values));
  const model = await loadModel(path);
  const recommender = createRecommender(model, kernelOptions(values));
  try {
    noteUnknown(model, values.allow, values.deny);
    const { about, items, heading } = ask(recommender);
    if (values.json) {
      const recommendations = items.map(({ product, name, category, score }) => ({ product, name, category, score }));
      printJson({ ...about, recommendations, version: model.metadata.version });
    } else {
      print(...prose(heading), ...listing(items));
    }
  } finally {
    await recommender.close();
  }
}

function headings(customer: string | undefined, model: Model): Record<Source, string> {
  const { offsets } = model.purchases;
  const row = customer === undefined ? -1 : model.customers.indexOf(customer);
  const history = row < 0 ? '' : `, who bought ${count(offsets[row + 1] - offsets[row], 'product')} so far`;
  const unknown =
    customer !== undefined && row < 0 ? `Customer ${customer} is not in the model` : 'The model knows none of these';
  return {
    personal: `For customer ${customer}${history}:`,
    basket: `For this basket${row < 0 ? '' : ` of customer ${customer}${history}`}:`,
    popular: `${unknown}; everybody buys (score: orders):`,
  };
}

function listing(items: readonly Recommendation[]): string[] {
  if (items.length === 0) return ['(no product passes these filters)'];
  const named = items.some(({ name }) => name !== undefined);
  const grouped = items.some(({ category }) => category !== undefined);
  const header = ['', 'product', ...(named ? ['name'] : []), ...(grouped ? ['category'] : []), 'score'];
  const rows = items.map(({ product, name = '', category = '', score }, i) => [
    String(i + 1),
    product,
    ...(named ? [name] : []),
    ...(grouped ? [category] : []),
    Number.isInteger(score) ? count(score) : score.toFixed(4),
  ]);
  return table(header, rows, [0, header.length - 1]);
}
