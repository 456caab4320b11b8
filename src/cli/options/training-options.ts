/** The options of training on the command line. Their values are checked where they are used. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readTextFile } from '../../files.ts';
import type { TrainOptions } from '../../training/fit-on.ts';
import { parseOptions } from '../../tuning/search/tuned-file.ts';
import { addKernelOptions, kernelOptions, number, type Values } from './options.ts';
import { addReadingOptions } from './reading-options.ts';

interface TrainingOption {
  flags: string;
  does: string;
  /** What the help says the default is. */
  standard: string;
  choices?: string[];
  /** Reads the value; a number by default. */
  parse?: (text: string) => unknown;
}

interface Group {
  /** The algorithm that these options belong to; both if absent. */
  algorithm?: 'als' | 'quantity';
  heading: string;
  options: TrainingOption[];
}

/** What `tune`, which searches itself, does not take. */
const searchFlags = ['--early-stopping', '--trees <on|off>', '--fast', '--budget <minutes>'];

const picked = 'picked on held-out orders';

const common: Group = {
  heading: 'Training:',
  options: [
    {
      flags: '--factors <n>',
      does: 'length of the embeddings',
      standard: '128, or more if held-out products say so; quantity: 50',
    },
    { flags: '--iterations <n>', does: 'number of epochs', standard: '10' },
    { flags: '--seed <n>', does: 'seed of the random numbers', standard: '42' },
  ],
};

const als: Group = {
  algorithm: 'als',
  heading: 'Training with als:',
  options: [
    { flags: '--regularization <x>', does: 'keeps embeddings small; raise it against overfitting', standard: picked },
    { flags: '--unobserved-weight <x>', does: 'weight of a product that was not bought', standard: picked },
    { flags: '--alpha <x>', does: 'average weight of a product that was bought', standard: '1' },
    {
      flags: '--confidence <what>',
      does: 'what makes a purchase count more',
      standard: 'orders',
      choices: ['orders', 'quantity', 'log-quantity', 'equal'],
    },
    { flags: '--decay <x>', does: 'weight of an order relative to the one after it', standard: '0.9' },
    { flags: '--taste-decay <x>', does: 'the same for the taste in the embeddings of customers', standard: picked },
    { flags: '--window-days <n>', does: 'days of sales that make a trend', standard: 'picked, or 30' },
    {
      flags: '--blend <weights>',
      does: 'weights of the score, such as taste=2,habit=4,trend=0.1,bought=0,repeat=0.5,neighbours=0',
      standard: picked,
      parse: weights,
    },
    {
      flags: '--ease-regularization <x>',
      does: 'find neighbours by EASE with this regularization, such as 500; 0: by a random walk',
      standard: 'picked in small dense catalogues, or 0',
    },
    {
      flags: '--fast',
      does: 'skip the search for options that are not given, and take the defaults',
      standard: 'off',
    },
    {
      flags: '--budget <minutes>',
      does: 'what the search for the number of factors and the training may take, at 50 billion operations a second',
      standard: '5',
    },
    {
      flags: '--trees <on|off>',
      does: 'try trees that correct the scores of products bought before, and keep them if lists are better with them',
      standard: 'on, but off with --fast',
      parse: onOrOff,
    },
    {
      flags: '--early-stopping',
      does: 'train for as many epochs as are best on held-out orders, at most --iterations or 30',
      standard: 'off',
    },
    {
      flags: '--together <n>',
      does: 'how many products to keep that are bought together with each product; 0 for none',
      standard: '20',
    },
  ],
};

const quantity: Group = {
  algorithm: 'quantity',
  heading: 'Training with quantity:',
  options: [
    { flags: '--learning-rate <x>', does: 'step size of Adam', standard: '0.01' },
    { flags: '--batch-size <n>', does: 'order lines in a batch', standard: '256' },
  ],
};

/** Every option of training on a file of orders: of the algorithms, of reading, and of the machine. */
export function addTrainingOptions(command: Command): Command {
  command
    .optionsGroup(common.heading)
    .addOption(
      new Option('--algorithm <name>', 'als ranks what customers buy next; quantity predicts how much they buy')
        .choices(['als', 'quantity'])
        .default('als'),
    )
    .option('--options <file>', 'read options from a file of endcap tune; those on the command line win');
  for (const { heading, options } of [common, als, quantity]) {
    for (const { standard, ...option } of options) {
      command.addOption(optionOf(option).helpGroup(heading).default(undefined, standard));
    }
  }
  return addKernelOptions(addReadingOptions(command));
}

/** The flags on the command line that say what to train on and how, if any. */
export function trainingFlags(command: Command): string[] {
  return command.options
    .filter(({ helpGroupHeading }) => /^(Training|Reading)\b/.test(helpGroupHeading ?? ''))
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .map(({ long, flags }) => long ?? flags);
}

/** The training options that `tune` keeps as given instead of searching, and those of reading and of the machine. */
export function addKeptOptions(command: Command): Command {
  for (const option of [...common.options, ...als.options]) {
    if (searchFlags.includes(option.flags)) continue;
    command.addOption(optionOf(option).helpGroup('Training options to keep as given:'));
  }
  return addKernelOptions(addReadingOptions(command));
}

function optionOf({ flags, does, choices, parse = number }: Omit<TrainingOption, 'standard'>): Option {
  const option = new Option(flags, does);
  if (choices) return option.choices(choices);
  return flags.includes('<') ? option.argParser(parse) : option;
}

/**
 * The options given on the command line, over those of a file that it names. An option of the other algorithm is a
 * usage error.
 */
export function trainingOptions(command: Command): TrainOptions {
  const values: Values = command.opts();
  const { algorithm = 'als', options: file } = values as { algorithm?: 'als' | 'quantity'; options?: string };
  const given: Values = { ...(file !== undefined && parseOptions(readTextFile(file), file)), algorithm };
  for (const { algorithm: owner = algorithm, options } of [common, als, quantity]) {
    for (const { flags } of options) {
      const name = new Option(flags).attributeName();
      if (values[name] === undefined) continue;
      if (owner !== algorithm) {
        command.error(`error: option '${flags}' belongs to --algorithm ${owner}; ${algorithm} does not have it`);
      }
      given[name] = values[name];
    }
  }
  // What guards did to weights says nothing about others.
  if (values.blend !== undefined || values.windowDays !== undefined) delete given.guards;
  return { ...given, ...kernelOptions(values) } as TrainOptions;
}

function onOrOff(text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  throw new InvalidArgumentError('It must be on or off.');
}

/** `taste=2,habit=4`: weights by name. */
export function weights(text: string): Record<string, number> {
  const pairs = text.split(',').map((part) => /^\s*(\w+)\s*=([^=]+)$/.exec(part));
  if (pairs.includes(null)) throw new InvalidArgumentError('It must look like taste=2,habit=4,trend=0.1.');
  return Object.fromEntries(pairs.map((pair) => [pair![1], number(pair![2])]));
}
