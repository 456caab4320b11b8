import { type Command, InvalidArgumentError, Option } from 'commander';
import { checkEvaluateOptions, evaluate } from '../../evaluation/evaluate.ts';
import type { Evaluation } from '../../evaluation/types.ts';
import { replaceFile } from '../../files.ts';
import { protocols } from '../../measuring/protocols/windows.ts';
import { sourceName } from '../../orders/sources/read.ts';
import { interruptible } from '../interrupt.ts';
import { trainingKernel } from '../kernels.ts';
import { addJson, number, resultGroup } from '../options/options.ts';
import { refuseSums } from '../options/pairs-options.ts';
import { joinedFiles, readingOptions } from '../options/reading-options.ts';
import { addTrainingOptions, trainingOptions } from '../options/training-options.ts';
import { checkOutput } from '../output.ts';
import { evaluationTables } from '../terminal/evaluation-tables.ts';
import { duration, note, print, printJson, progress, size } from '../terminal/terminal.ts';
import { readWithProgress, trainingProgress } from '../training.ts';

export function addEvaluate(program: Command): Command {
  const command = program
    .command('evaluate <orders...>')
    .summary('measure how well a model predicts what customers buy next')
    .description(
      'Holds out orders, trains on the rest, and measures how well the lists of the model, and those of simple baselines, ' +
        'predict what was held out. Lists are made from all products, not from a sample of them.',
    )
    .optionsGroup('What is held out (default: the last order of each customer with two or more):')
    .addOption(
      new Option('--protocol <name>', 'next-order, or time: the orders of the last windows of time, each in turn')
        .choices(protocols)
        .conflicts('test'),
    )
    .addOption(
      new Option('--windows <n>', 'how many windows, each predicted from the orders before it (default: 3)')
        .argParser(number)
        .conflicts(['from', 'test']),
    )
    .addOption(
      new Option('--from <date>', 'every order from this day on, such as 2011-10-10 (UTC)')
        .argParser(date)
        .conflicts(['lastDays', 'test']),
    )
    .addOption(
      new Option(
        '--last-days <n>',
        'every order of the last n days, counted back from the last order; with --protocol time, the length of a window (default: 28, less in a short history)',
      )
        .argParser(number)
        .conflicts('test'),
    )
    .option('--test <orders>', 'nothing; predict the orders of this second file')
    .optionsGroup(resultGroup)
    .addOption(new Option('--k <lengths>', 'list lengths to measure').argParser(lengths).default(undefined, '5,10,20'))
    .option('--no-baselines', 'measure the model alone')
    .option('--report <file>', 'also write an HTML page with charts and examples of real customers');
  addJson(command);
  addTrainingOptions(command);
  refuseSums(command, 'evaluate holds some out. Evaluate on the orders of some customers');
  return command
    .addHelpText(
      'after',
      `
Three questions are asked: what do customers buy next (all), what do they buy
for the first time (explore), and what do they buy again (repeat)?

  recall     share of the products then bought that are in the list
  NDCG       the same, but higher places count more
  hit        share of customers with at least one such product in the list
  prec       share of the list that was then bought
  MRR, MAP   1 / place of the first hit; mean of the precision at each hit
  cover      share of all products that are in at least one list
  popular    share of the lists taken by the most popular tenth of products

± is the standard error of a mean over customers. A baseline is "ahead" if the
model is worse in recall or NDCG by more than two standard errors of the
difference over the same customers, and "beaten" if the model is better in one
of them and worse in neither.

Examples:
  endcap evaluate orders.csv --report report.html
  endcap evaluate orders.csv --last-days 60 --factors 128 --k 10,50
  endcap evaluate orders.csv --protocol time --windows 4
  endcap evaluate train.csv --test test.csv --json > evaluation.json`,
    )
    .action((orders: string[], values, self: Command) =>
      interruptible(async (signal) => {
        const training = trainingOptions(self);
        const { protocol, windows, from, lastDays, k: ks, baselines, report } = values;
        checkEvaluateOptions({ training, protocol, windows, from, lastDays, ks, baselines });
        await checkOutput(report, [...orders, values.test, ...joinedFiles(values)], '--report');
        note(`Evaluating ${training.algorithm} on ${sourceName(orders)}, kernel ${trainingKernel(training)}`);
        const reading = { ...readingOptions(values), signal };
        const dataset = await readWithProgress(orders, reading);
        const test = values.test === undefined ? undefined : await readWithProgress(values.test, reading);
        const trainingBar = trainingProgress();
        const bar = progress('Measuring');
        const started = performance.now();
        const evaluation = await evaluate(dataset, {
          training,
          protocol,
          windows,
          from,
          lastDays,
          test,
          ks,
          baselines,
          signal,
          onProgress(step) {
            if (step.phase === 'choosing') trainingBar.picking(step);
            else if (step.phase === 'training') {
              trainingBar.at(step);
              if (step.epoch === step.epochs) trainingBar.end();
            } else {
              const window = step.windows > 1 ? `, window ${step.window} of ${step.windows}` : '';
              bar.at(step.done / step.total, `${step.contestant}, ${step.question}${window}`);
            }
          },
        });
        bar.end();
        note(`Done in ${duration(performance.now() - started)}`);
        // The page first: a reader of stdout that stops early, as head does, ends the process. The tables also if it fails.
        try {
          if (report !== undefined) await writeReport(evaluation, report, signal);
        } finally {
          if (values.json) printJson(evaluation);
          else print(...evaluationTables(evaluation));
        }
      }),
    );
}

async function writeReport(evaluation: Evaluation, path: string, signal: AbortSignal): Promise<void> {
  const { reportHtml } = await import('../../evaluation/report/report.ts');
  const page = Buffer.from(await reportHtml(evaluation));
  const { bytes } = await replaceFile(path, (append) => append(page), { signal });
  note(`Report: ${path}, ${size(bytes)}`);
}

function lengths(text: string): number[] {
  return text.split(',').map((part) => number(part));
}

function date(text: string): Date {
  const [, day, clock = 'T00:00'] = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d)?)?Z?$/.exec(text) ?? [];
  const time = new Date(`${day}${clock}Z`);
  if (!Number.isNaN(time.getTime())) return time;
  throw new InvalidArgumentError('It must be a day such as 2011-10-10, or a time such as 2011-10-10T08:30, in UTC.');
}
