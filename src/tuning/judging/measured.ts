import { add, meanOf, noSums } from '../../measuring/means.ts';
import { questions } from '../../measuring/questions.ts';
import type { MeasuredLists, MeasuredMean, MeasuredModel, MeasuredResult } from '../../model/measured.ts';
import { reboughtOf } from '../../ranking/repeat.ts';
import type { Rival, Scores } from './guards.ts';
import { type HeldOutSample, minCustomers } from './held-out.ts';
import { listLength } from './judge.ts';

/** What lists find of a sample of held-out orders. */
export interface Found {
  /** Those of the model, with weights that other customers taught. */
  readonly model: Scores;
  /** Of simple lists, `popular` first; that on the first sample counts. */
  readonly rivals: readonly Pick<Rival, 'name' | 'questions' | 'onFirst'>[];
}

/** What lists gain by trees in recall and NDCG, by customer row; those without a row gain nothing. */
export interface TreeGains {
  readonly all: ReadonlyMap<number, readonly [recall: number, ndcg: number]>;
  readonly repeat: ReadonlyMap<number, readonly [recall: number, ndcg: number]>;
}

/** What else is to be said of what was found. */
interface Circumstances extends Pick<MeasuredModel, 'picked' | 'until'> {
  /** What the trees of the model gain on the sample, if it has some: `unknown` if they were not tried on it. */
  readonly trees?: TreeGains | 'unknown';
}

/** Sums up what was found, for the metadata of the model; undefined if too few customers answer any question. */
export function measuredOf(
  { kind, heldOut: { train } }: Pick<HeldOutSample, 'kind' | 'heldOut'>,
  { model, rivals }: Found,
  { picked, until, trees }: Circumstances,
): MeasuredModel | undefined {
  const isAllNew = kind === 'products' || reboughtOf(train) === 0;
  const asked = isAllNew ? (['explore'] as const) : questions;
  const gains = trees === 'unknown' ? undefined : trees;
  const results = asked.flatMap((question): MeasuredResult[] => {
    const own = gains && question !== 'explore' ? withGains(model[question], gains[question]) : model[question];
    if (own.size < minCustomers) return [];
    const baselines = rivals.flatMap(({ name, questions: answered, onFirst }) => {
      if (!answered.includes(question)) return [];
      const scores = onFirst[question];
      const gain = listsOf(
        own.keys(),
        (customer, metric) => own.get(customer)![metric] - scores.get(customer)![metric],
      );
      return [{ name, ...accuracyOf(scores), gain }];
    });
    return [{ question, customers: own.size, model: accuracyOf(own), baselines }];
  });
  if (results.length === 0) return undefined;
  return {
    heldOut: kind,
    n: listLength,
    ...(until !== undefined && { until }),
    picked,
    ...(trees && { trees: trees !== 'unknown' }),
    results,
  };
}

type CustomerScores = Scores['all'];

function withGains(scores: CustomerScores, gains: TreeGains['all']): CustomerScores {
  return new Map(
    Array.from(scores, ([customer, [recall, ndcg]]) => {
      const [ofRecall, ofNdcg] = gains.get(customer) ?? [0, 0];
      return [customer, [recall + ofRecall, ndcg + ofNdcg]];
    }),
  );
}

function accuracyOf(scores: CustomerScores): MeasuredLists {
  return listsOf(scores.keys(), (customer, metric) => scores.get(customer)![metric]);
}

function listsOf(customers: Iterable<number>, value: (customer: number, metric: 0 | 1) => number): MeasuredLists {
  const [recall, ndcg] = [noSums(), noSums()];
  for (const customer of customers) {
    add(recall, value(customer, 0));
    add(ndcg, value(customer, 1));
  }
  return { recall: meanFrom(recall), ndcg: meanFrom(ndcg) };
}

/** Of two customers or more. */
function meanFrom(sums: Parameters<typeof meanOf>[0]): MeasuredMean {
  const { mean, standardError } = meanOf(sums);
  return { mean, standardError: standardError! };
}
