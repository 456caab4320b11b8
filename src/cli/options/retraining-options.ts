/** The options of retraining, for the command that does one run, and for servers that do some on a schedule. */
import { type Command, Option } from 'commander';
import { readTextFile } from '../../files.ts';
import { describeOutcome } from '../../live/retraining/outcome.ts';
import type { RetrainOptions, ScheduledRetraining } from '../../live/retraining/retraining.ts';
import type { TrainOptions } from '../../training/fit-on.ts';
import { complain, note } from '../terminal/terminal.ts';
import { number, type Values } from './options.ts';
import { addReadingOptions, readingGroup, readingOptions } from './reading-options.ts';

/** What a run may take. */
export function addRunOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--retrain-memory <n>', 'MiB that a run may take')
        .argParser(number)
        .default(undefined, 'as much as there is'),
    )
    .addOption(new Option('--retrain-hours <n>', 'hours that a run may take').argParser(number).default(12));
}

const retrainingGroup = 'Retraining:';

/** Of a server: when runs begin, and what they may take. */
export function addScheduleOptions(command: Command): Command {
  command
    .optionsGroup(retrainingGroup)
    .option(
      '--retrain <schedule>',
      "train anew on orders and purchases at these times, as in crontab: '0 3 * * *' is every day at 3:00",
    )
    .addOption(
      new Option('--retrain-zone <name>', 'time zone of the schedule, such as Europe/Vienna').default(
        undefined,
        'that of this machine',
      ),
    )
    .addOption(new Option('--retrain-threads <n>', 'threads that a run may use').argParser(number).default(1));
  return addRunOptions(command);
}

/** Of a server that is given a model: what it is trained on. */
export function addOrdersOptions(command: Command): Command {
  command
    .option('--orders <files...>', 'orders that --retrain trains on: files, folders, patterns, or a database')
    .option('--options <file>', 'training options of --retrain, as endcap tune writes them')
    .option('--fast', 'runs of --retrain keep the options of the served model, and search for none');
  return addReadingOptions(command);
}

interface Given {
  retrain?: string;
  retrainZone?: string;
  retrainThreads?: number;
  orders?: string[];
  options?: string;
  fast?: boolean;
}

/** A usage error for an option of runs that never come. @param reading whether orders are read by these runs alone */
export function refuseWithoutSchedule(command: Command, reading: boolean): void {
  const groups = [retrainingGroup, ...(reading ? [readingGroup] : [])];
  const given = command.options.find(
    (option) =>
      groups.includes(option.helpGroupHeading!) && command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (given) command.error(`error: ${given.long} is for retraining, and there is no --retrain <schedule>`);
}

/** What a run may take, of the values. */
export function runOptions({ retrainMemory, retrainHours }: Values): Pick<RetrainOptions, 'memory' | 'hours'> {
  return { memory: retrainMemory, hours: retrainHours } as Pick<RetrainOptions, 'memory' | 'hours'>;
}

/**
 * The schedule of a server that is given a model; undefined if there is none. A schedule without orders, or options of one
 * that is not given, are usage errors.
 */
export async function scheduleOf(command: Command): Promise<ScheduledRetraining | undefined> {
  const values: Values = command.opts();
  const { retrain, orders, options, fast } = values as Given;
  if (retrain === undefined) {
    refuseWithoutSchedule(command, true);
    return undefined;
  }
  if (orders === undefined)
    command.error('error: --retrain needs the orders to train on: --orders <files...>, such as --orders orders.csv');
  // What tunes loads only where it is asked for.
  const training = options === undefined ? {} : await trainingOf(options);
  await noteAbsent(orders!);
  return scheduled(values, orders!, { ...training, ...(fast && { fast }) } as TrainOptions);
}

/** Orders may come later than the server. If their path is wrong, that is told now, and not by the first run at night. */
async function noteAbsent(orders: readonly string[]): Promise<void> {
  const { inputsOf } = await import('../../orders/sources/inputs.ts');
  const { databaseKind } = await import('../../orders/databases/address.ts');
  await inputsOf(orders.filter((path) => databaseKind(path) === undefined)).catch((error: Error) =>
    complain(`Retraining would be refused now: ${error.message}`),
  );
}

/** @throws `invalid_options`, before anything starts. */
async function checked(schedule: ScheduledRetraining): Promise<ScheduledRetraining> {
  await (await import('../../live/retraining/retraining.ts')).checkSchedule(schedule);
  return schedule;
}

async function trainingOf(file: string): Promise<TrainOptions> {
  const { parseOptions } = await import('../../tuning/search/tuned-file.ts');
  return parseOptions(readTextFile(file), file);
}

/** The schedule that the values name, for a server that has the orders. */
export function scheduled(
  values: Values,
  orders: readonly string[],
  training: TrainOptions,
  store?: string,
): Promise<ScheduledRetraining> {
  const { retrain, retrainZone, retrainThreads } = values as Given;
  let stage: string | undefined;
  return checked({
    schedule: retrain!,
    timeZone: retrainZone,
    orders,
    reading: readingOptions(values),
    training: { ...training, threads: retrainThreads },
    ...runOptions(values),
    ...(store !== undefined && { store }),
    onProgress(progress) {
      if (progress.stage !== stage) note(`Retraining: ${progress.stage}`);
      stage = progress.stage;
    },
    onEnd(ended) {
      stage = undefined;
      note(`Retraining: ${ended instanceof Error ? ended.message : describeOutcome(ended)}`);
    },
  });
}
