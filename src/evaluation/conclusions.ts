import { questionHeadings } from '../measuring/protocols/wording.ts';
import { type EvaluationQuestion, questions } from '../measuring/questions.ts';
import type { Comparison, GroupResult, Verdict } from '../measuring/results.ts';
import { digits, number, percent, plural } from '../wording.ts';
import type { Evaluation } from './types.ts';

type Findings = Omit<Evaluation, 'conclusions'>;

/** With fewer customers than this a mean says little, whatever its standard error. */
const minCustomers = 30;

/** What the figures mean, in plain sentences, the most important first. */
export function conclusionsOf(findings: Findings): string[] {
  const { account, comparisons, contestants, mainK } = findings;
  const model = contestants[0].name;
  const sentences = [headline(findings)];
  const removed = ablated(findings);
  for (const question of questions) {
    const compared = comparisons.filter((one) => one.question === question && one.k === mainK);
    for (const isAblation of [false, true]) {
      const alike = compared.filter(({ against }) => removed.has(against) === isAblation);
      sentences.push(...standings(model, question, alike));
    }
  }
  sentences.push(...weakGroups(findings));
  const { all, repeat } = account.targets;
  if (repeat.targets > 0) {
    const share = percent(repeat.targets / all.targets);
    sentences.push(`Of the products that customers then bought, ${share} were ones they had bought before.`);
  }
  if (account.measured < minCustomers) {
    const customers = plural(account.measured, 'one customer', '# customers');
    sentences.push(`Only ${customers} could be measured: treat these figures as a hint, not as a result.`);
  }
  return sentences;
}

/** The names of the model without one of its parts. */
function ablated({ contestants }: Findings): Set<string> {
  return new Set(contestants.filter(({ kind }) => kind === 'ablation').map(({ name }) => name));
}

function headline({ results, contestants, mainK, account, protocol }: Findings): string {
  const { name } = contestants[0];
  const result = results.find(
    ({ question, contestant, k }) => question === 'all' && contestant === name && k === mainK,
  );
  if (!result) return 'Nothing was measured.';
  const { recall, hitRate } = result.metrics;
  const { windows } = protocol;
  const over = windows ? `, with ${plural(result.lists, 'one list', '# lists')} over ${windows.length} windows` : '';
  return (
    `On average, a list of ${plural(mainK, 'one product', '# products')} by ${name} contains ${percent(recall.mean)} of ` +
    `what the customer then bought (recall). ${windows ? 'In' : 'For'} ${percent(hitRate.mean)} of ${windows ? 'cases' : 'customers'} it contains at least one such ` +
    `product. ${plural(account.measured, 'One customer was', '# customers were')} measured${over}.`
  );
}

/**
 * One sentence for all contestants with the same verdicts on recall and NDCG, defeats first; the figures are those
 * against the strongest of them.
 */
function standings(model: string, question: EvaluationQuestion, compared: Comparison[]): string[] {
  const byVerdicts = new Map<string, Comparison[]>();
  for (const verdict of ['worse', 'tie', 'better']) {
    for (const one of compared.filter((other) => overallVerdict(other) === verdict)) {
      const key = `${one.metrics.recall.verdict} ${one.metrics.ndcg.verdict}`;
      byVerdicts.set(key, [...(byVerdicts.get(key) ?? []), one]);
    }
  }
  return [...byVerdicts.values()].map((alike) => {
    const strongest = alike.reduce((a, b) => (b.metrics.recall.mean < a.metrics.recall.mean ? b : a));
    const names = alike.map((one) => one.against);
    const against = alike.length > 1 ? ` against ${strongest.against}` : '';
    return `${claim(model, names, strongest)} on ${questionHeadings[question].replace('What', 'what')}: ${differences(strongest)}${against}.`;
  });
}

/** A tie is no proof that two are equal: the difference may be chance. */
const verbs: Record<Verdict, string> = { worse: 'LOSES to', tie: 'cannot be told from', better: 'beats' };

/** `als beats popular and p-top in recall@10, and cannot be told from them in NDCG@10,` */
function claim(model: string, names: string[], { metrics: { recall, ndcg }, k }: Pick<Comparison, 'metrics' | 'k'>) {
  const first = `${model} ${verbs[recall.verdict]} ${enumerated(names)}`;
  if (recall.verdict === ndcg.verdict) return first;
  const them = names.length > 1 ? 'them' : 'it';
  return `${first} in recall@${k}, and ${verbs[ndcg.verdict]} ${them} in NDCG@${k},`;
}

/** One verdict from recall and NDCG: `worse` if either is worse, otherwise `better` if either is better. */
export function overallVerdict({ metrics: { recall, ndcg } }: Pick<Comparison, 'metrics'>): Verdict {
  const verdicts = [recall.verdict, ndcg.verdict];
  return (['worse', 'better'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'tie';
}

/** `recall@10 +.0049 (standard error .0021), NDCG@10 −.0003 (standard error .0021)` */
function differences({ metrics, k }: Pick<Comparison, 'metrics' | 'k'>): string {
  return (['recall', 'ndcg'] as const)
    .map((metric) => {
      const { mean, standardError } = metrics[metric];
      const sign = mean < 0 ? '−' : mean > 0 ? '+' : '';
      const error = standardError === null ? '' : ` (standard error ${digits(standardError)})`;
      return `${metric === 'ndcg' ? 'NDCG' : metric}@${k} ${sign}${digits(Math.abs(mean))}${error}`;
    })
    .join(', ');
}

/** Groups of customers in which the model loses to a baseline that it does not lose to over all customers. */
function weakGroups(findings: Findings): string[] {
  const { groups, comparisons, contestants, mainK } = findings;
  const removed = ablated(findings);
  const betterOverall = new Set(
    comparisons
      .filter((one) => one.question === 'all' && one.k === mainK && overallVerdict(one) === 'worse')
      .map((one) => one.against),
  );
  const lost = groups.filter(
    ({ question, contestant, k, difference, customers }) =>
      question === 'all' &&
      k === mainK &&
      customers >= minCustomers &&
      difference &&
      !betterOverall.has(contestant) &&
      !removed.has(contestant) &&
      overallVerdict({ metrics: difference }) === 'worse',
  );
  return lost.map((group) => {
    const compared = { metrics: group.difference!, k: mainK };
    return (
      `${claim(contestants[0].name, [group.contestant], compared)} among the ` +
      `${number(group.customers)} customers with ${ordersText(group)} before: ${differences(compared)}.`
    );
  });
}

/** The size of a group: `1 order`, `3 to 4 orders`, `20 orders or more`. */
export function ordersText({ from, to }: Pick<GroupResult, 'from' | 'to'>): string {
  if (to === null) return `${from} orders or more`;
  return from === to ? plural(from, '1 order', '# orders') : `${from} to ${to} orders`;
}

/** `a`, `a and b`, `a, b, and c` */
function enumerated(names: readonly string[]): string {
  if (names.length < 3) return names.join(' and ');
  return `${names.slice(0, -1).join(', ')}, and ${names[names.length - 1]}`;
}
