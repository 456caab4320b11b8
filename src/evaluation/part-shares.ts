import type { HeldOut } from '../dataset/split.ts';
import { throwIfAborted } from '../errors.ts';
import { type EvaluationQuestion, questions, targetsOf } from '../measuring/questions.ts';
import { trendsOf } from '../ranking/formula.ts';
import type { Explanation, Recommender } from '../recommending/types.ts';
import type { HitParts } from './types.ts';

type Part = keyof Explanation['parts'];

/** The hits of one customer's list for one question. */
interface Hits {
  readonly question: EvaluationQuestion;
  readonly customer: number;
  readonly rows: readonly number[];
}

/** Of more lists with hits, about these many are explained, spread evenly over them. */
const maxLists = 10_000;
const listsAtOnce = 256;

/**
 * Finds out what the scores of hits are made of. A part counts as far as it lifts a product above others: taste, habit, and
 * neighbours above 0, the trend above the mean trend of all products. Its share is that of the sum of these lifts, as a mean
 * over hits.
 *
 * @param k hits are looked for in the first k places.
 */
export function createPartShares(k: number) {
  const totals = new Map<EvaluationQuestion, { hits: number; shares: Map<Part, number> }>();

  return {
    /** The next window: `take` receives the model's lists, and `explain` adds their hits up. */
    window(heldOut: HeldOut) {
      const found: Hits[] = [];
      const wanted = new Map(questions.map((question) => [question, targetsByCustomer(heldOut, question)]));
      return {
        take(customer: number, list: Uint32Array, question: EvaluationQuestion): void {
          const targets = wanted.get(question)?.get(customer);
          const rows = [...list.subarray(0, k)].filter((row) => targets?.includes(row));
          if (rows.length > 0) found.push({ question, customer, rows });
        },
        async explain(recommender: Recommender, signal?: AbortSignal): Promise<void> {
          const { metadata, signals, customers, products } = recommender.model;
          if (!metadata.ranking || !signals) return;
          const average = mean(trendsOf(signals, metadata.ranking).fresh);
          const step = Math.ceil(found.length / maxLists);
          const explained = found.filter((_, i) => i % step === 0);
          for (let i = 0; i < explained.length; i += listsAtOnce) {
            throwIfAborted(signal);
            const answers = explained.slice(i, i + listsAtOnce).map(async ({ question, customer, rows }) => {
              const allow = rows.map((row) => products[row]);
              const options = { n: rows.length, allow, purchased: 'allow', explain: true } as const;
              const { items } = await recommender.recommend(customers[customer], options);
              for (const { explanation } of items) add(question, explanation!.parts, average);
            });
            await Promise.all(answers);
          }
        },
      };
    },
    shares: (): HitParts[] =>
      questions.flatMap((question) => {
        const total = totals.get(question);
        if (total === undefined) return [];
        const { hits, shares } = total;
        return [{ question, hits, shares: Object.fromEntries([...shares].map(([part, sum]) => [part, sum / hits])) }];
      }),
  };

  function add(question: EvaluationQuestion, parts: Explanation['parts'], averageTrend: number): void {
    const total = totals.get(question) ?? { hits: 0, shares: new Map() };
    totals.set(question, total);
    total.hits++;
    const lifts = (Object.entries(parts) as [Part, number][]).map(([part, value]): [Part, number] => {
      return [part, Math.max(0, part === 'trend' ? value - averageTrend : value)];
    });
    const all = lifts.reduce((sum, [, lift]) => sum + lift, 0);
    for (const [part, lift] of lifts)
      total.shares.set(part, (total.shares.get(part) ?? 0) + (all > 0 ? lift / all : 0));
  }
}

/** The parts that any of the hits has, in the order of an explanation. */
export function partNames(parts: readonly HitParts[]): string[] {
  return [...new Set(parts.flatMap(({ shares }) => Object.keys(shares)))];
}

function targetsByCustomer(heldOut: HeldOut, question: EvaluationQuestion): Map<number, Uint32Array> {
  const { customers, offsets, products } = targetsOf(heldOut, question);
  return new Map([...customers].map((customer, i) => [customer, products.subarray(offsets[i], offsets[i + 1])]));
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
