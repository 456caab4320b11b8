/** Training on pairs that another system has summed, in place of orders. */
import { type Command, Option } from 'commander';
import type { readOrders } from '../../dataset/read.ts';
import { readPairs } from '../../exchange/pairs/read.ts';

/** What pairs have in common with orders. */
const shared = ['productsOut', 'productsIn'];

export function addPairsOptions(command: Command): Command {
  return command
    .optionsGroup('Reading pairs:')
    .addOption(
      new Option(
        '--pairs',
        'read pairs that another system has summed, in place of orders: Parquet with customer, product, quantity, and ' +
          'perhaps orders and last_order',
      ),
    )
    .addOption(
      new Option(
        '--products <file>',
        'with --pairs: Parquet with product, and of name, category, price, and listed (false: in no list) what is known',
      ),
    );
}

/**
 * Refuses pairs, and orders that are read without their history, before anything is read.
 *
 * @param advice why the command takes single orders, and what to do.
 */
export function refuseSums(command: Command, advice: string): Command {
  command.addOption(new Option('--pairs').hideHelp());
  for (const name of ['pairs', 'no-history'])
    command.on(`option:${name}`, () => command.error(`error: option '--${name}' leaves no single orders: ${advice}`));
  return command;
}

/**
 * What reads pairs as others read orders; undefined without `--pairs`. An option that pairs do not have is a usage error.
 *
 * @param command with its values.
 */
export function pairsReader(command: Command): typeof readOrders | undefined {
  const { pairs, products, algorithm } = command.opts() as { pairs?: true; products?: string; algorithm?: string };
  if (!pairs) {
    if (products !== undefined)
      command.error("error: option '--products' belongs to --pairs; orders have names themselves");
    return undefined;
  }
  const ofOrders = command.options.find(
    (option) =>
      option.helpGroupHeading?.startsWith('Reading the orders') &&
      !shared.includes(option.attributeName()) &&
      command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (ofOrders) command.error(`error: option '${ofOrders.flags}' belongs to orders; --pairs does not have it`);
  if (algorithm === 'quantity')
    command.error('error: --algorithm quantity learns from order lines; --pairs does not have them');
  return (source, { productsOut, productsIn, signal, onProgress } = {}) => {
    const sources = source as readonly string[];
    if (sources.length > 1) command.error('error: --pairs takes one file or folder, in which each pair is once');
    return readPairs(sources[0], {
      ...{ products, productsOut, productsIn, signal },
      onProgress: ({ rows, totalRows }) => onProgress?.({ bytes: rows, totalBytes: totalRows, rows }),
    });
  };
}
