import { type EvaluationQuestion, questions } from '../measuring/questions.ts';
import type { Comparison, GroupResult, Verdict } from '../measuring/results.ts';
import { digits, percent, plural } from '../measuring/wording.ts';
import type { Evaluation } from './types.ts';

/** With fewer customers than this a mean says little, whatever its standard error. */
const few = 30;

const theQuestion: Record<EvaluationQuestion, string> = {
  all: 'what customers buy next',
  explore: 'what they buy for the first time',
  repeat: 'what they buy again',
};

/** What the figures say, in plain sentences, the most important first. */
export function conclusionsOf(found: Omit<Evaluation, 'conclusions'>): string[] {
  const { account, comparisons, contestants, mainK } = found;
  const model = contestants[0].name;
  const sentences = [headline(found)];
  for (const question of questions) {
    const against = comparisons.filter((one) => one.question === question && one.k === mainK);
    if (against.length > 0) sentences.push(...standing(model, question, against));
  }
  sentences.push(...weakGroups(found));
  const { all, repeat } = account.targets;
  if (repeat.targets > 0) {
    sentences.push(
      `Of what customers then bought, ${percent(repeat.targets / all.targets)} were products they had bought before.`,
    );
  }
  if (account.measured < few) {
    sentences.push(
      `Only ${plural(account.measured, 'one customer', '# customers')} could be measured: take these figures as a hint, not as a result.`,
    );
  }
  return sentences;
}

function headline({ results, contestants, mainK, account }: Omit<Evaluation, 'conclusions'>): string {
  const { name } = contestants[0];
  const result = results.find(
    ({ question, contestant, k }) => question === 'all' && contestant === name && k === mainK,
  );
  if (!result) return 'Nothing was measured.';
  const { recall, hitRate } = result.metrics;
  const customers = plural(account.measured, 'one customer', '# customers');
  return (
    `Among the first ${plural(mainK, 'product', '# products')} that ${name} lists stand ${percent(recall.mean)} of what a ` +
    `customer then bought (recall), and ${percent(hitRate.mean)} of customers find at least one; over ${customers}.`
  );
}

/**
 * One sentence for those of whom the same is true in recall and in NDCG, defeats first; the figures are those of the
 * strongest of them.
 */
function standing(model: string, question: EvaluationQuestion, against: Comparison[]): string[] {
  const groups = new Map<string, Comparison[]>();
  for (const verdict of ['worse', 'tie', 'better']) {
    for (const one of against.filter((other) => overall(other) === verdict)) {
      const key = `${one.metrics.recall.verdict} ${one.metrics.ndcg.verdict}`;
      groups.set(key, [...(groups.get(key) ?? []), one]);
    }
  }
  return [...groups.values()].map((those) => {
    const strongest = those.reduce((a, b) => (b.metrics.recall.mean < a.metrics.recall.mean ? b : a));
    const names = those.map((one) => one.against);
    const whose = those.length > 1 ? ` against ${strongest.against}` : '';
    return `${claim(model, names, strongest)} on ${theQuestion[question]}: ${difference(strongest)}${whose}.`;
  });
}

const verbs: Record<Verdict, string> = { worse: 'LOSES to', tie: 'is about level with', better: 'beats' };

/** `als beats popular and p-top in recall@10, and is about level with them in NDCG@10,` */
function claim(model: string, names: string[], { metrics: { recall, ndcg }, k }: Pick<Comparison, 'metrics' | 'k'>) {
  const first = `${model} ${verbs[recall.verdict]} ${listed(names)}`;
  if (recall.verdict === ndcg.verdict) return first;
  const them = names.length > 1 ? 'them' : 'it';
  return `${first} in recall@${k}, and ${verbs[ndcg.verdict]} ${them} in NDCG@${k},`;
}

/** By recall and NDCG: worse in either is worse; better is better in one and worse in neither. */
export function overall({ metrics: { recall, ndcg } }: Pick<Comparison, 'metrics'>): Verdict {
  const verdicts = [recall.verdict, ndcg.verdict];
  return (['worse', 'better'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'tie';
}

function difference({ metrics, k }: Pick<Comparison, 'metrics' | 'k'>): string {
  return (['recall', 'ndcg'] as const)
    .map((metric) => {
      const { mean, standardError } = metrics[metric];
      const sign = mean < 0 ? '−' : mean > 0 ? '+' : '';
      const error = standardError === null ? '' : ` (standard error ${digits(standardError)})`;
      return `${metric === 'ndcg' ? 'NDCG' : metric}@${k} ${sign}${digits(Math.abs(mean))}${error}`;
    })
    .join(', ');
}

/** The groups in which the model loses though it does not lose over all customers. */
function weakGroups({ groups, comparisons, contestants, mainK }: Omit<Evaluation, 'conclusions'>): string[] {
  const lostAnyway = new Set(
    comparisons
      .filter((one) => one.question === 'all' && one.k === mainK && overall(one) === 'worse')
      .map((one) => one.against),
  );
  const lost = groups.filter(
    ({ question, contestant, k, difference, customers }) =>
      question === 'all' &&
      k === mainK &&
      customers >= few &&
      difference &&
      !lostAnyway.has(contestant) &&
      overall({ metrics: difference }) === 'worse',
  );
  return lost.map((group) => {
    const compared = { metrics: group.difference!, k: mainK };
    return (
      `${claim(contestants[0].name, [group.contestant], compared)} among the ` +
      `${group.customers.toLocaleString('en-US')} customers with ${ordersOf(group)} before: ${difference(compared)}.`
    );
  });
}

/** `1 order`, `3 to 4 orders`, `20 orders or more`. */
export function ordersOf({ from, to }: Pick<GroupResult, 'from' | 'to'>): string {
  if (to === null) return `${from} orders or more`;
  return from === to ? plural(from, '1 order', '# orders') : `${from} to ${to} orders`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}
