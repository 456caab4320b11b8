/** An evaluation as text: facts, tables of at most 80 columns, conclusions. */
import { overallVerdict } from '../../evaluation/conclusions.ts';
import { partNames } from '../../evaluation/part-shares.ts';
import type { Evaluation } from '../../evaluation/types.ts';
import { questionHeadings, withStandardError } from '../../measuring/protocols/wording.ts';
import { type EvaluationQuestion, questions } from '../../measuring/questions.ts';
import { describePicked } from '../../tuning/describe.ts';
import { describeFindings } from '../../tuning/describe-shop.ts';
import { dayOf, digits, percent } from '../../wording.ts';
import { count, facts, prose, table } from './terminal.ts';

export function evaluationTables(evaluation: Evaluation): string[] {
  const { account, protocol, contestants, conclusions, training } = evaluation;
  const { customers, products, orders } = account.training;
  const lines = facts([
    ['held out', protocol.description],
    ['trained on', `${contents(orders, customers, products)}${during(protocol.trained)}`],
    ['measured', `${count(account.measured, 'customer')}${during(protocol.heldOut)}`],
    ...account.unmeasured.map(({ customers, reason }): [string, string] => [
      'not measured',
      `${count(customers, 'customer')} who ${reason}`,
    ]),
    ['picked', training && describePicked(training)],
    ...(training ? describeFindings(training) : []),
    ...account.notes.map((note): [string, string] => ['note', note]),
  ]);
  for (const question of questions)
    if (account.targets[question].customers > 0) lines.push(...results(evaluation, question));
  lines.push(...lengthsOfLists(evaluation), ...groups(evaluation), ...windows(evaluation), ...parts(evaluation));
  lines.push('', ...facts(contestants.map(({ name, description }) => [name, description])));
  return [...lines, '', ...prose(...conclusions)];
}

function contents(orders: number, customers: number, products: number): string {
  return `${count(orders, 'order')} of ${count(customers, 'customer')}, ${count(products, 'product')}`;
}

function during(span: Evaluation['protocol']['trained']): string {
  const days = new Set(span && [span.first, span.last].map((time) => dayOf(time)));
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
  const ofAll = groups.filter(({ question }) => question === 'all');
  const first = ofAll.filter(({ contestant }) => contestant === contestants[0].name);
  if (first.length < 2) return [];
  const header = [
    'orders',
    ...first.map(({ from, to }) => (to === null ? `${from}+` : from === to ? `${from}` : `${from}-${to}`)),
  ];
  const rows = contestants.map(({ name }) => [
    name,
    ...ofAll.filter(({ contestant }) => contestant === name).map(({ metrics }) => digits(metrics.recall.mean)),
  ]);
  const customers = ['customers', ...first.map(({ customers }) => count(customers))];
  const title = `${questionHeadings.all}, recall@${mainK} by orders before`;
  return ['', title, ...table(header, [customers, ...rows], header.map((_, i) => i).slice(1))];
}

/** The newest windows, as many as fit. */
const windowsShown = 5;

function windows({ windows = [], protocol, contestants, mainK }: Evaluation): string[] {
  if (!protocol.windows) return [];
  const starts = [...protocol.windows.entries()].slice(-windowsShown);
  const header = ['from', ...starts.map(([, { from }]) => dayOf(from))];
  const cell = (name: string, window: number) =>
    windows.find((one) => one.question === 'all' && one.contestant === name && one.window === window);
  const rows = contestants.map(({ name }) => [
    name,
    ...starts.map(([window]) => digits(cell(name, window)?.metrics.recall.mean ?? Number.NaN)),
  ]);
  const customers = starts.map(([window]) => count(cell(contestants[0].name, window)?.customers ?? 0));
  const title = `${questionHeadings.all}, recall@${mainK} by window`;
  const right = header.map((_, i) => i).slice(1);
  return ['', title, ...table(header, [['customers', ...customers], ...rows], right)];
}

function parts({ parts = [], mainK }: Evaluation): string[] {
  if (parts.length === 0) return [];
  const names = partNames(parts);
  const rows = parts.map(({ question, hits, shares }) => [
    question,
    count(hits),
    ...names.map((name) => percent(shares[name] ?? 0)),
  ]);
  const header = ['', 'hits', ...names];
  const title = `What lifts the products that were then bought into lists of ${mainK}`;
  return ['', title, ...table(header, rows, header.map((_, i) => i).slice(1))];
}
