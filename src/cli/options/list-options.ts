/** The options of commands that list products. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { excerpt, firstOf } from '../../options.ts';
import type { BasketLine, Recommender, SpreadOptions } from '../../recommending/types.ts';
import { ids, listedIds } from '../ids.ts';
import { note } from '../terminal/terminal.ts';
import { number, type Values } from './options.ts';

export function addListOptions(command: Command): Command {
  return command
    .optionsGroup('Lists:')
    .option('-n, --number <n>', 'products in a list, from 1 to 10,000; fewer if fewer pass the filters', number, 10)
    .option(
      '--allow <ids>',
      'list only these products, such as P1,P2, or "Tea, red" in quotes, or @ids.txt for a file with one id per line; can ' +
        'be repeated',
      ids,
    )
    .option('--deny <ids>', 'never list these products', ids);
}

/** The options of lists for customers. */
export function addCustomerListOptions(command: Command): Command {
  return addListOptions(command)
    .addOption(
      new Option('--purchased <mode>', 'products that the customer bought before')
        .choices(['allow', 'exclude', 'only'])
        .default(undefined, 'allow, or exclude if nobody buys a product twice'),
    )
    .addOption(
      new Option('--diversity <x>', 'from 0, the best products, to 1, those least like one another')
        .argParser(number)
        .default(undefined, 'the best, but at most six of ten names share a word'),
    )
    .addOption(
      new Option('--per-category <n>', 'products of one category, at most')
        .argParser(number)
        .default(undefined, 'unlimited'),
    )
    .addOption(
      new Option('--mix <n>', 'products that are new to the customer, at least')
        .argParser(number)
        .default(undefined, '0'),
    );
}

export function listOptions(values: Values): SpreadOptions & { n: number } {
  const { number: n, purchased, allow, deny, diversity, perCategory, mix } = values;
  return { n, purchased, allow, deny, diversity, perCategory, mix } as SpreadOptions & { n: number };
}

/** `P1,P2=3`: product ids, each with its quantity unless that is 1. In quotes, `"P2=3"` is an id. */
export function basket(text: string, before: BasketLine[] = []): BasketLine[] {
  const lines = listedIds(text).map(({ id, after }) => {
    if (after === '') return id;
    const whole = after === undefined ? /^(.+)=(\d+(?:\.\d+)?)$/ : /^()=(\d+(?:\.\d+)?)$/;
    const [, product, quantity] = whole.exec(after ?? id) ?? [];
    if (quantity !== undefined) return { product: product || id, quantity: Number(quantity) };
    if (after === undefined) return id;
    throw new InvalidArgumentError(`Expected a comma or =quantity after "${id}", not ${after}`);
  });
  return [...before, ...lines];
}

/** Notes the product ids of filters and baskets that the model does not know: they have no effect. */
export function noteUnknown(recommender: Recommender, ...lists: (readonly string[] | undefined)[]): void {
  const unknown = lists.flatMap((list) => list?.filter((id) => recommender.productRow(id) === undefined) ?? []);
  if (unknown.length === 0) return;
  const named = firstOf(unknown.map(excerpt), maxNoted);
  note(`notice: the model does not know product${unknown.length > 1 ? 's' : ''} ${named}`);
}

const maxNoted = 20;
