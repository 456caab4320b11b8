import { type Command, InvalidArgumentError, Option } from 'commander';
import { overallVerdict } from '../evaluation/conclusions.ts';
import { checkEvaluateOptions, evaluate } from '../evaluation/evaluate.ts';
import type { Evaluation } from '../evaluation/types.ts';
import { checkReplaceable, replaceFile } from '../files.ts';
import type { EvaluationQuestion } from '../measuring/questions.ts';
import { questions } from '../measuring/questions.ts';
import { dateOf, digits, percent, questionHeadings, withStandardError } from '../measuring/wording.ts';
import { describePicked } from '../tuning/describe.ts';
import { addJson, addTrainingOptions, number, readingOptions, resultGroup, trainingOptions } from './options.ts';
import { count, duration, facts, note, print, printJson, progress, prose, size, table } from './terminal.ts';
import { chosenKernel, interruptible, keepApart, kernelName, readWithProgress, trainingProgress } from './work.ts';

export function addEvaluate(program: Command): Command {
  const command = program
    .command('evaluate <orders>')
    .summary('measure how well a model lists what customers buy next')
    .description(
      'Holds orders out, learns from the rest, and measures how well the lists of the model, and of simple baselines ' +
        'beside it, predict what was held out. All products are ranked. By default the last order of each customer ' +
        'with two or more is held out.',
    )
    .optionsGroup('What is held out:')
    .addOption(
      new Option('--from <date>', 'every order from this day on, such as 2011-10-10 (UTC)')
        .argParser(date)
        .conflicts(['lastDays', 'test']),
    )
    .addOption(
      new Option('--last-days <n>', 'every order of the last n days, counted back from the last order')
        .argParser(number)
        .conflicts('test'),
    )
    .option('--test <orders>', 'nothing: the orders of this second file are predicted')
    .optionsGroup(resultGroup)
    .option('--k <lengths>', 'lengths of lists to measure (default: 5,10,20)', lengths)
    .option('--no-baselines', 'measure the model alone')
    .option('--report <file>', 'writes it all as a page to look at, with pictures and real customers: report.html');
  addJson(command);
  addTrainingOptions(command);
  return command
    .addHelpText(
      'after',
      `
Three questions are asked: what do customers buy next (all), what do they buy
for the first time (explore), and what do they buy again (repeat)?

recall     share of what they then bought that stands in the list
NDCG       the same, where high places count more
hit        share of customers with at least one such product in the list
prec       share of the list that they then bought
MRR, MAP   1 / place of the first hit; precision at each hit, averaged
cover      share of all products that stand in somebody's list
popular    share of the lists that goes to the most popular tenth of products

± is the standard error of a mean over customers. A baseline is "ahead" where the
model is worse in recall or NDCG by more than two standard errors of the
difference over the same customers, and "beaten" where the model is better in one
of them and worse in neither.

Examples:
  endcap evaluate orders.csv --report report.html
  endcap evaluate orders.csv --last-days 60 --factors 128 --k 10,50
  endcap evaluate train.csv --test test.csv --json > evaluation.json`,
    )
    .action((orders: string, values, self: Command) =>
      interruptible(async (signal) => {
        const training = trainingOptions(self);
        const { from, lastDays, k: ks, baselines, report } = values;
        checkEvaluateOptions({ training, from, lastDays, ks, baselines });
        for (const read of [orders, values.test]) if (read !== undefined) keepApart(read, report, '--report');
        if (report !== undefined) await checkReplaceable(report);
        const kernel = await chosenKernel(training);
        note(`Evaluating ${training.algorithm} on ${orders}, kernel ${kernelName(kernel)}`);
        const reading = { ...readingOptions(values), signal };
        const dataset = await readWithProgress(orders, reading);
        const test = values.test === undefined ? undefined : await readWithProgress(values.test, reading);
        const trainingBar = trainingProgress();
        const bar = progress('Measuring');
        const started = performance.now();
        const evaluation = await evaluate(dataset, {
          training,
          from,
          lastDays,
          test,
          ks,
          baselines,
          signal,
          onProgress(step) {
            if (step.phase === 'choosing') trainingBar.choosing(step);
            else if (step.phase === 'training') {
              trainingBar.at(step);
              if (step.epoch === step.epochs) trainingBar.end();
            } else bar.at(step.done / step.total, `${step.contestant}, ${step.question}`);
          },
        });
        bar.end();
        if (values.json) printJson(evaluation);
        else print(...summary(evaluation));
        note(`Done in ${duration(performance.now() - started)}`);
        if (report !== undefined) await writeReport(evaluation, report);
      }),
    );
}

async function writeReport(evaluation: Evaluation, path: string): Promise<void> {
  const { reportHtml } = await import('../evaluation/report/report.ts');
  const page = Buffer.from(await reportHtml(evaluation));
  const { bytes } = await replaceFile(path, (append) => append(page));
  note(`Report: ${path}, ${size(bytes)}`);
}

function summary(evaluation: Evaluation): string[] {
  const { account, protocol, contestants, conclusions, training } = evaluation;
  const { customers, products, orders } = account.training;
  const lines = facts([
    ['held out', protocol.description],
    ['learned', `${contents(orders, customers, products)}${during(protocol.trained)}`],
    ['measured', `${count(account.measured, 'customer')}${during(protocol.heldOut)}`],
    ...account.unmeasured.map(({ customers, reason }): [string, string] => [
      'not measured',
      `${count(customers, 'customer')} who ${reason}`,
    ]),
    ['chosen', training && describePicked(training)],
    ...account.notes.map((note): [string, string] => ['note', note]),
  ]);
  for (const question of questions)
    if (account.targets[question].customers > 0) lines.push(...results(evaluation, question));
  lines.push(...lengthsOfLists(evaluation), ...groups(evaluation));
  lines.push('', ...facts(contestants.map(({ name, description }) => [name, description])));
  return [...lines, '', ...prose(...conclusions)];
}

function contents(orders: number, customers: number, products: number): string {
  return `${count(orders, 'order')} of ${count(customers, 'customer')}, ${count(products, 'product')}`;
}

function during(span: Evaluation['protocol']['trained']): string {
  const days = new Set(span && [span.first, span.last].map((time) => dateOf(time).slice(0, 10)));
  return days.size > 0 ? `, ${[...days].join(' to ')}` : '';
}

function results({ results, comparisons, account, mainK }: Evaluation, question: EvaluationQuestion): string[] {
  const { customers, targets } = account.targets[question];
  const title = `${questionHeadings[question]}, lists of ${mainK}: ${count(customers, 'customer')}, ${count(targets, 'target')}`;
  const rows = results
    .filter((one) => one.question === question && one.k === mainK)
    .map(({ contestant, metrics: { recall, ndcg, hitRate, precision, mrr, map } }) => {
      const compared = comparisons.find(
        (one) => one.question === question && one.against === contestant && one.k === mainK,
      );
      const standing = compared ? { better: 'beaten', tie: 'tie', worse: 'ahead' }[overallVerdict(compared)] : '';
      const others = [hitRate, precision, mrr, map].map(({ mean }) => digits(mean));
      return [contestant, withStandardError(recall), withStandardError(ndcg), ...others, standing];
    });
  return ['', title, ...table(['', 'recall', 'NDCG', 'hit', 'prec', 'MRR', 'MAP', ''], rows, [1, 2, 3, 4, 5, 6])];
}

function lengthsOfLists({ results, contestants, ks, mainK }: Evaluation): string[] {
  const at = (metric: string) => ks.map((k, i) => (i === 0 ? `${metric}@${k}` : `@${k}`));
  const rows = contestants.map(({ name }) => {
    const own = results.filter(({ question, contestant }) => question === 'all' && contestant === name);
    const main = own.find(({ k }) => k === mainK)!;
    return [
      name,
      ...own.map(({ metrics }) => digits(metrics.recall.mean)),
      ...own.map(({ metrics }) => digits(metrics.ndcg.mean)),
      percent(main.coverage),
      percent(main.popularShare),
    ];
  });
  const header = ['', ...at('recall'), ...at('NDCG'), 'cover', 'popular'];
  return [
    '',
    `${questionHeadings.all}, by length of the lists`,
    ...table(header, rows, header.map((_, i) => i).slice(1)),
  ];
}

function groups({ groups, contestants, mainK }: Evaluation): string[] {
  const all = groups.filter(({ question }) => question === 'all');
  const first = all.filter(({ contestant }) => contestant === contestants[0].name);
  if (first.length < 2) return [];
  const header = [
    'orders',
    ...first.map(({ from, to }) => (to === null ? `${from}+` : from === to ? `${from}` : `${from}-${to}`)),
  ];
  const rows = contestants.map(({ name }) => [
    name,
    ...all.filter(({ contestant }) => contestant === name).map(({ metrics }) => digits(metrics.recall.mean)),
  ]);
  const customers = ['customers', ...first.map(({ customers }) => count(customers))];
  const title = `${questionHeadings.all}, recall@${mainK} by orders before`;
  return ['', title, ...table(header, [customers, ...rows], header.map((_, i) => i).slice(1))];
}

function lengths(text: string): number[] {
  return text.split(',').map((part) => number(part));
}

function date(text: string): Date {
  const [, day, clock = 'T00:00'] = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d)?)?Z?$/.exec(text) ?? [];
  const time = new Date(`${day}${clock}Z`);
  if (!Number.isNaN(time.getTime())) return time;
  throw new InvalidArgumentError('It must be a day as 2011-10-10, or a time as 2011-10-10T08:30, in UTC.');
}
