/** Options that several commands share, and how their texts become values. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readTextFile } from '../files.ts';
import type { KernelOptions } from '../kernel/open.ts';
import { type ColumnMap, columnsFromText } from '../orders/columns.ts';
import type { ReadOptions } from '../orders/options.ts';
import type { BasketLine, SpreadOptions } from '../recommending/types.ts';
import type { TrainOptions } from '../training/fit.ts';
import { parseOptions } from '../tuning/tuned-file.ts';

type Values = Record<string, unknown>;

export const resultGroup = 'Result:';

function addReadingOptions(command: Command): Command {
  const delimiters: Record<string, string> = { '\\t': '\t', tab: '\t' };
  return command
    .optionsGroup('Reading the orders:')
    .option(
      '--columns <map>',
      'which column is what, such as customer="Cust No",product=SKU; of customer, product, quantity, order, time, ' +
        'clock, price, name, category; quantity=1 counts every row as one (default: the usual names)',
      columns,
    )
    .addOption(
      new Option('--delimiter <char>', 'between cells; tab for a tab')
        .argParser((text) => delimiters[text] ?? text)
        .default(undefined, 'as the header has it'),
    )
    .addOption(new Option('--encoding <name>', 'of the text').choices(['auto', 'utf-8', 'latin1']).default('auto'))
    .addOption(
      new Option('--date-order <order>', 'what 3/4/2025 is: mdy March 4, dmy April 3')
        .choices(['auto', 'mdy', 'dmy'])
        .default('auto'),
    )
    .addOption(new Option('--duplicates <what>', 'rows equal in every cell').choices(['keep', 'drop']).default('keep'))
    .addOption(
      new Option('--format <name>', 'of the file').choices(['auto', 'csv', 'tsv', 'jsonl', 'parquet']).default('auto'),
    );
}

function columns(text: string): ColumnMap {
  try {
    return columnsFromText(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message.replace(/^columns: /, ''));
  }
}

export function readingOptions({ columns, delimiter, encoding, dateOrder, duplicates, format }: Values): ReadOptions {
  return { columns, delimiter, encoding, dateOrder, duplicates, format } as ReadOptions;
}

const chosen = 'chosen on held-out orders';

/** The training options of each algorithm; their values are checked where they are used. */
const training: Record<
  'both' | 'als' | 'quantity',
  [flags: string, what: string, standard: string, read?: string[] | ((text: string) => unknown)][]
> = {
  both: [
    ['--factors <n>', 'length of the embeddings', '128; quantity: 50'],
    ['--iterations <n>', 'epochs to train', '10'],
    ['--seed <n>', 'where the random numbers start', '42'],
  ],
  als: [
    ['--regularization <x>', 'keeps the embeddings small; raise it against overfitting', chosen],
    ['--unobserved-weight <x>', 'weight of a product not bought', chosen],
    ['--alpha <x>', 'weight of a product bought, on average', '1'],
    [
      '--confidence <what>',
      'what makes a purchase count more',
      'orders',
      ['orders', 'quantity', 'log-quantity', 'equal'],
    ],
    ['--frequency-exponent <x>', 'how regularization grows with purchases, 0 to 2', '1'],
    ['--solver <name>', 'how rows are solved', 'auto', ['auto', 'cg', 'exact']],
    ['--cg-steps <n>', 'steps of the solver cg', '3'],
    ['--decay <x>', 'what an order counts for against the one after it', '0.9'],
    ['--taste-decay <x>', "the same for taste, in customers' embeddings", chosen],
    ['--window-days <n>', 'days whose sales make a product popular', '60'],
    ['--blend <weights>', 'parts of a score, as taste=2,habit=4,trend=0.1,bought=0,repeat=0.5', chosen, weights],
    ['--early-stopping', 'iterate as often as is best on held-out orders; at most 30 times or --iterations', 'off'],
    ['--together <n>', 'products to keep that are bought together with each; 0 for none', '20'],
  ],
  quantity: [
    ['--learning-rate <x>', "Adam's step size", '0.01'],
    ['--batch-size <n>', 'order lines in a batch', '256'],
  ],
};

const headings = { both: 'Training:', als: 'Training with als:', quantity: 'Training with quantity:' };

/** All that training on a file of orders can be told: of the algorithms, of reading, and of the machine. */
export function addTrainingOptions(command: Command): Command {
  command
    .optionsGroup(headings.both)
    .addOption(
      new Option('--algorithm <name>', 'als: what will they buy next; quantity: how many of it')
        .choices(['als', 'quantity'])
        .default('als'),
    )
    .option('--options <file>', 'options from a file that endcap tune wrote; those on the command line win');
  return addKernelOptions(addReadingOptions(addOptionsOf(command, ['both', 'als', 'quantity'])));
}

/** The training options of `als` that a search for options can be told to keep, and those of reading and of the machine. */
export function addKeptOptions(command: Command): Command {
  addOptionsOf(command, ['both', 'als'], 'Options of training to keep as they are:', ['--early-stopping']);
  return addKernelOptions(addReadingOptions(command));
}

function addOptionsOf(
  command: Command,
  algorithms: readonly (keyof typeof training)[],
  heading?: string,
  except: readonly string[] = [],
): Command {
  for (const of of algorithms) {
    for (const [flags, what, standard, read = number] of training[of]) {
      if (except.includes(flags)) continue;
      const option = new Option(flags, what).helpGroup(heading ?? headings[of]);
      if (!heading) option.default(undefined, standard);
      if (Array.isArray(read)) option.choices(read);
      else if (flags.includes('<')) option.argParser(read);
      command.addOption(option);
    }
  }
  return command;
}

/** The options given for training, over those of a file that is named; one that belongs to the other algorithm is an error of usage. */
export function trainingOptions(command: Command): TrainOptions {
  const values: Values = command.opts();
  const { algorithm = 'als', options: file } = values as { algorithm?: 'als' | 'quantity'; options?: string };
  const given: Values = { ...(file !== undefined && parseOptions(readTextFile(file), file)), algorithm };
  for (const [of, options] of Object.entries(training)) {
    for (const [flags] of options) {
      const name = new Option(flags).attributeName();
      if (values[name] === undefined) continue;
      if (of !== 'both' && of !== algorithm) {
        command.error(`error: option '${flags}' belongs to --algorithm ${of}; ${algorithm} does not have it`);
      }
      given[name] = values[name];
    }
  }
  return { ...given, ...kernelOptions(values) } as TrainOptions;
}

export function addKernelOptions(command: Command): Command {
  return command
    .optionsGroup('Machine:')
    .addOption(
      new Option('--backend <name>', 'C++ or WebAssembly')
        .choices(['native', 'wasm'])
        .default(undefined, 'ENDCAP_BACKEND, else native if it loads'),
    )
    .addOption(
      new Option('--isa <name>', 'instruction set; endcap info lists them').default(
        undefined,
        'ENDCAP_ISA, else the best that runs here',
      ),
    )
    .addOption(
      new Option('--threads <n>', 'for training and batches')
        .argParser(number)
        .default(undefined, 'ENDCAP_THREADS, else one for each CPU'),
    );
}

export function kernelOptions({ backend, isa, threads }: Values): KernelOptions {
  return { backend, isa, threads } as KernelOptions;
}

export function addListOptions(command: Command): Command {
  return command
    .optionsGroup('Lists:')
    .option('-n, --number <n>', 'products in a list', number, 10)
    .option('--allow <ids>', 'only these products, as P1,P2; may be repeated', ids)
    .option('--deny <ids>', 'never these products', ids);
}

/** The options of lists for customers. */
export function addSpreadOptions(command: Command): Command {
  return addListOptions(command)
    .addOption(
      new Option('--purchased <what>', 'products the customer bought before')
        .choices(['allow', 'exclude', 'only'])
        .default(undefined, 'allow'),
    )
    .addOption(
      new Option('--diversity <x>', 'from 0, the best products, to 1, those least like one another')
        .argParser(number)
        .default(undefined, '0'),
    )
    .addOption(
      new Option('--per-category <n>', 'at most so many products of a category')
        .argParser(number)
        .default(undefined, 'any number'),
    );
}

export function listOptions(values: Values): SpreadOptions & { n: number } {
  const { number: n, purchased, allow, deny, diversity, perCategory } = values;
  return { n, purchased, allow, deny, diversity, perCategory } as SpreadOptions & { n: number };
}

export function addServingOptions(command: Command): Command {
  return command
    .optionsGroup('Serving:')
    .addOption(
      new Option('--host <name>', 'address to listen on; 0.0.0.0 lets other machines in')
        .env('HOST')
        .default('127.0.0.1'),
    )
    .addOption(new Option('--port <n>', '0 takes any free one').env('PORT').argParser(port).default(5000));
}

export function addJson(command: Command): Command {
  return command.option('--json', 'one JSON object on stdout, also for an error');
}

/** An option's meaning, its choices, its environment variable and its default, on as few lines as may be. */
export function describeOption(option: Option): string {
  const standard = option.defaultValueDescription ?? option.defaultValue;
  const extras = [
    option.argChoices?.join(', '),
    option.envVar && `or ${option.envVar}`,
    standard === undefined ? undefined : `default ${standard}`,
  ].filter(Boolean);
  return extras.length > 0 ? `${option.description} (${extras.join('; ')})` : option.description;
}

/** A finite number; what it may be is for the called function to say. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

/** `taste=2,habit=4`: weights by name. */
function weights(text: string): Record<string, number> {
  const pairs = text.split(',').map((part) => /^\s*(\w+)\s*=([^=]+)$/.exec(part));
  if (pairs.includes(null)) throw new InvalidArgumentError('It must be as taste=2,habit=4,trend=0.1.');
  return Object.fromEntries(pairs.map((pair) => [pair![1], number(pair![2])]));
}

function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
}

function ids(text: string, before: string[] = []): string[] {
  return [...before, ...text.split(',').map((id) => id.trim())].filter((id) => id !== '');
}

/** `P1,P2=3`: product ids, each with how many of it where that is not one. */
export function basket(text: string, before: BasketLine[] = []): BasketLine[] {
  const lines = ids(text).map((part) => {
    const [, product, quantity] = /^(.+)=(\d+(?:\.\d+)?)$/.exec(part) ?? [];
    return product === undefined ? part : { product, quantity: Number(quantity) };
  });
  return [...before, ...lines];
}
