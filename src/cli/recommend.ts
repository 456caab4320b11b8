import type { Command } from 'commander';
import { loadModel } from '../model/file.ts';
import type { Model } from '../model/model.ts';
import { createRecommender } from '../recommending/recommender.ts';
import type { BasketLine, Recommender, Source } from '../recommending/types.ts';
import {
  addJson,
  addKernelOptions,
  addListOptions,
  addSpreadOptions,
  basket,
  kernelOptions,
  listOptions,
  number,
} from './options.ts';
import { count, print, printJson, prose, table } from './terminal.ts';
import { chosenKernel, noteUnknown } from './work.ts';

export function addRecommend(program: Command): Command {
  const command = program
    .command('recommend <model> [customer]')
    .summary('list products for a customer or a basket')
    .description(
      'Lists the products for a customer, for a basket, or for a customer with a basket. Unknown customers get what everybody buys.',
    );
  addSpreadOptions(command);
  command.option('--explain', 'say why each product is in the list');
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
  endcap recommend model.safetensors 10840 --explain
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
        const options = { ...listOptions(values), explain: values.explain ?? false };
        const inBasket = lines?.map((line) => (typeof line === 'string' ? line : line.product));
        noteUnknown(recommender.model, inBasket);
        const { items, source } = lines
          ? recommender.recommendForBasketSync(lines, { ...options, customer })
          : recommender.recommendSync(customer as string, options);
        const recommendations = items.map(({ row: _, ...item }) => item);
        const rows = items.map(({ score, explanation, ...item }) => ({ ...item, score, why: explanation?.text }));
        return {
          result: { customer, source, recommendations },
          heading: headings(customer, recommender.model)[source],
          rows,
        };
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
  addListOptions(command);
  addKernelOptions(command);
  addJson(command.optionsGroup('Options:'));
  return command
    .addHelpText('after', '\nExample:\n  endcap similar model.safetensors P1 -n 5')
    .action((path: string, product: string, values) =>
      answer(path, values, (recommender) => {
        const { n, allow, deny } = listOptions(values);
        const items = recommender.similarProductsSync(product, { n, allow, deny });
        const recommendations = items.map(({ row: _, ...item }) => item);
        return {
          result: { product, recommendations },
          heading: `Like ${named(recommender, product)}:`,
          rows: items,
          none: '(there is no other product)',
        };
      }),
    );
}

export function addTogether(program: Command): Command {
  const command = program
    .command('together <model> <product>')
    .summary('list what is bought together with a product')
    .description(
      'Lists the products that orders hold together with a product more often than by chance, the surest first; lift is ' +
        'how many times as often.',
    );
  addListOptions(command);
  addKernelOptions(command);
  addJson(command.optionsGroup('Options:'));
  return command
    .addHelpText('after', '\nExample:\n  endcap together model.safetensors P1 -n 5')
    .action((path: string, product: string, values) =>
      answer(path, values, (recommender) => {
        const { n, allow, deny } = listOptions(values);
        const items = recommender.boughtTogetherSync(product, { n, allow, deny });
        const recommendations = items.map(({ row: _, ...item }) => item);
        const heading = `Bought together with ${named(recommender, product)}:`;
        const none = '(nothing that stands in orders with it surely more often than by chance)';
        return { result: { product, recommendations }, heading, rows: items, none };
      }),
    );
}

export function addSimilarCustomers(program: Command): Command {
  const command = program
    .command('similar-customers <model> <customer>')
    .summary('list customers like another one')
    .description(
      "Lists the customers whose embeddings point the same way as a customer's; the score is the cosine, 1 at most.",
    )
    .optionsGroup('Lists:')
    .option('-n, --number <n>', 'customers in the list', number, 10);
  addKernelOptions(command);
  addJson(command.optionsGroup('Options:'));
  return command
    .addHelpText('after', '\nExample:\n  endcap similar-customers model.safetensors 10840 -n 5')
    .action((path: string, customer: string, values) =>
      answer(path, values, (recommender) => {
        const similar = recommender.similarCustomersSync(customer, { n: values.number });
        const customers = similar.map(({ row: _, ...one }) => one);
        return {
          result: { customer, customers },
          heading: `Like customer ${customer}:`,
          rows: similar,
          none: '(there is no other customer)',
        };
      }),
    );
}

/** A line of a table; what none of its lines has is left out. */
interface Row {
  customer?: string;
  product?: string;
  name?: string;
  category?: string;
  orders?: number;
  lift?: number;
  score?: number;
  why?: string;
}

interface Answer {
  /** What --json prints. */
  result: object;
  heading: string;
  rows: readonly Row[];
  /** What an empty list means where no filter was given. */
  none?: string;
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
    const { result, rows, heading, none } = ask(recommender);
    const filtered = values.allow !== undefined || values.deny !== undefined;
    if (values.json) printJson({ ...result, version: model.metadata.version });
    else print(...prose(heading), ...(rows.length > 0 || filtered || !none ? listing(rows) : prose(none)));
  } finally {
    await recommender.close();
  }
}

function named({ model: { products, productInfo } }: Recommender, product: string): string {
  const { name } = productInfo[products.indexOf(product)];
  return `${product}${name ? `, ${name}` : ''}`;
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

const columns = ['customer', 'product', 'name', 'category', 'orders', 'lift', 'score'] as const;
const numbers: readonly string[] = ['orders', 'lift', 'score'];

function listing(rows: readonly Row[]): string[] {
  if (rows.length === 0) return ['(nothing passes these filters)'];
  const shown = columns.filter((column) => rows.some((row) => row[column] !== undefined));
  const whole = new Set(shown.filter((column) => rows.every((row) => Number.isInteger(row[column]))));
  const cell = (row: Row, column: (typeof columns)[number]) => {
    const value = row[column] ?? '';
    return typeof value === 'string'
      ? value
      : whole.has(column)
        ? count(value)
        : value.toFixed(column === 'lift' ? 2 : 4);
  };
  const lines = rows.map((row, i) => [String(i + 1), ...shown.map((column) => cell(row, column))]);
  const right = shown.flatMap((column, i) => (numbers.includes(column) ? [i + 1] : []));
  const [header, ...listed] = table(['', ...shown], lines, [0, ...right]);
  const under = ' '.repeat(String(rows.length).length + 2);
  return [header, ...listed.flatMap((line, i) => [line, ...(rows[i].why ? prose(under + rows[i].why) : [])])];
}
