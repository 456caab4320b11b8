import { compact, dateOf, dayOf, percent, plural } from '../../wording.ts';
import {
  type ArmDifference,
  type ExperimentMetric,
  experimentMetrics,
  minCustomers,
  unlikelySplit,
} from './comparing.ts';
import type { ArmComparison, ExperimentReport } from './report.ts';

type Findings = Omit<ExperimentReport, 'conclusions'>;

const metricNames: Readonly<Record<ExperimentMetric, string>> = {
  rate: 'the share of customers who buy from a list',
  recall: 'the share of what is bought that a list had',
  revenue: 'revenue per customer',
};

/** What a report means, in plain sentences, the most important first. */
export function conclusionsOf(findings: Findings): string[] {
  const { status } = findings;
  if (status === 'planned') return ['The experiment has not begun.'];
  const paused =
    'Nobody takes part right now, since the model file of an arm cannot be used: the status of the server says why.';
  return [...(status === 'paused' ? [paused] : []), ...conclusionsSoFar(findings)];
}

function conclusionsSoFar(findings: Findings): string[] {
  const { arms, comparisons, changed, endedArms, since } = findings;
  if (since === null) return ['No list was shown in the experiment yet.', ...endings(endedArms)];
  const isSplit = findings.split >= unlikelySplit;
  const sentences = isSplit
    ? comparisons.flatMap((comparison) => standing(findings, comparison))
    : [wrongSplit(findings)];
  if (changed !== null)
    sentences.push(
      `Until ${dateOf(changed)} (UTC), customers were in other arms, since arms or shares were others: only lists from then on count.`,
    );
  sentences.push(...endings(endedArms));
  const unpriced = arms.find(({ priced }) => priced !== null && priced < 0.9);
  if (unpriced)
    sentences.push(
      `Revenue is incomplete: the price is known for ${percent(unpriced.priced!)} of what customers of ${unpriced.name} bought.`,
    );
  return sentences;
}

function endings(endedArms: Findings['endedArms']): string[] {
  return endedArms.map(
    ({ name, lists }) =>
      `${name} is no arm any more; ${plural(lists, 'one list of it does', '# lists of it do')} not count.`,
  );
}

/** The customers are not as many in each arm as was asked for. */
function wrongSplit({ arms, split }: Findings): string {
  const all = arms.reduce((sum, { customers }) => sum + customers, 0);
  const counts = arms.map(({ name, customers, share }) => `${name} has ${percent(customers / all)} of ${share}%`);
  return (
    `The split is not the one that was asked for: of the customers, ${counts.join(', ')}. That is no chance ` +
    `(p = ${split.toExponential(0)}), so nothing is concluded: find out whose lists are missing.`
  );
}

function standing({ arms, control, effect, status }: Findings, comparison: ArmComparison): string[] {
  const { arm, verdict } = comparison;
  const pair = arms.filter(({ name }) => name === arm || name === control);
  const customers = pair.reduce((sum, { customers }) => sum + customers, 0);
  const sentences: string[] = [];
  for (const metric of experimentMetrics) {
    const difference = comparison[metric];
    if (difference.verdict === 'better' || difference.verdict === 'worse')
      sentences.push(
        `${arm} is ${difference.verdict} than ${control} by ${metricNames[metric]}: ${inWords(metric, difference)}.`,
      );
    if (difference.verdict === 'tie')
      sentences.push(
        `${arm} and ${control} are a tie by ${metricNames[metric]}: ${inWords(metric, difference)}, and a difference of ${effect}% would probably have shown.`,
      );
  }
  if (verdict !== 'waiting') return sentences;
  const now = experimentMetrics.flatMap((metric) => {
    const { verdict, detectable } = comparison[metric];
    return verdict === 'waiting' && detectable !== null ? `${percent(detectable)} in ${metricNames[metric]}` : [];
  });
  if (status === 'ended') sentences.push(`No verdict on ${arm}: the experiment ended before enough customers came.`);
  else sentences.push(`No verdict on ${arm} yet: ${howLong(effect, comparison, customers)}.`);
  if (now.length > 0) sentences.push(`What would show by now against ${control}: differences of ${now.join(', ')}.`);
  return sentences;
}

function howLong(effect: number, { customersNeeded, verdictBy }: ArmComparison, customers: number): string {
  if (customersNeeded === null) return 'too little was bought to say how many customers it takes';
  const pace = verdictBy === null ? '' : `, and at this pace as many by ${dayOf(verdictBy)}`;
  return (
    `a difference of ${effect}% takes ${compact(customersNeeded, 2)} customers in both arms, with at least ` +
    `${minCustomers} in each; there are ${compact(customers, 2)}${pace}`
  );
}

/** `+1.2 points, between +0.3 and +2.1`. */
function inWords(metric: ExperimentMetric, { value, low, high }: ArmDifference): string {
  const [scale, unit, decimals] = metric === 'revenue' ? [1, '', 2] : [100, ' points', 2];
  const text = (number: number) => `${number < 0 ? '−' : '+'}${Math.abs(number * scale).toFixed(decimals)}`;
  return `${text(value!)}${unit}, between ${text(low!)} and ${text(high!)}`;
}
