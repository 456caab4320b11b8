/** The options of commands that list products. */
import { type Command, Option } from 'commander';
import type { Model } from '../model/model.ts';
import type { BasketLine, SpreadOptions } from '../recommending/types.ts';
import { number, type Values } from './options.ts';
import { note } from './terminal.ts';

export function addListOptions(command: Command): Command {
  return command
    .optionsGroup('Lists:')
    .option('-n, --number <n>', 'products in a list, from 1 to 10,000; fewer if fewer pass the filters', number, 10)
    .option('--allow <ids>', 'list only these products, such as P1,P2; can be repeated', ids)
    .option('--deny <ids>', 'never list these products', ids);
}

/** The options of lists for customers. */
export function addCustomerListOptions(command: Command): Command {
  return addListOptions(command)
    .addOption(
      new Option('--purchased <mode>', 'products that the customer bought before')
        .choices(['allow', 'exclude', 'only'])
        .default(undefined, 'allow'),
    )
    .addOption(
      new Option('--diversity <x>', 'from 0, the best products, to 1, those least like one another')
        .argParser(number)
        .default(undefined, '0'),
    )
    .addOption(
      new Option('--per-category <n>', 'products of one category, at most')
        .argParser(number)
        .default(undefined, 'unlimited'),
    );
}

export function listOptions(values: Values): SpreadOptions & { n: number } {
  const { number: n, purchased, allow, deny, diversity, perCategory } = values;
  return { n, purchased, allow, deny, diversity, perCategory } as SpreadOptions & { n: number };
}

/** `P1,P2=3`: product ids, each with its quantity unless that is 1. */
export function basket(text: string, before: BasketLine[] = []): BasketLine[] {
  const lines = ids(text).map((part) => {
    const [, product, quantity] = /^(.+)=(\d+(?:\.\d+)?)$/.exec(part) ?? [];
    return product === undefined ? part : { product, quantity: Number(quantity) };
  });
  return [...before, ...lines];
}

/** Notes the product ids of filters and baskets that the model does not know: they have no effect. */
export function noteUnknown({ products }: Model, ...lists: (readonly string[] | undefined)[]): void {
  const unknown = lists.flatMap((list) => list?.filter((id) => !products.includes(id)) ?? []);
  if (unknown.length === 0) return;
  note(`notice: the model does not know product${unknown.length > 1 ? 's' : ''} ${unknown.join(', ')}`);
}

function ids(text: string, before: string[] = []): string[] {
  return [...before, ...text.split(',').map((id) => id.trim())].filter((id) => id !== '');
}
