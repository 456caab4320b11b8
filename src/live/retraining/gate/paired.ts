import { add, meanOf, noSums, verdictOf } from '../../../measuring/means.ts';
import { metricsOf } from '../../../measuring/metrics.ts';
import { type EvaluationQuestion, questions } from '../../../measuring/questions.ts';
import type { Verdict } from '../../../measuring/results.ts';
import type { Accuracy, GateResult } from '../../../model/model.ts';
import type { Asked } from './asked.ts';
import { type Lists, listLength } from './lists.ts';

/** Compares the lists of two models on the same customers and targets, question by question; those without targets are left out. */
export function pairedResults({ targets }: Asked, served: Lists, candidate: Lists): GateResult[] {
  return questions.flatMap((question) => {
    const own = targets[question];
    return own ? [resultOf(question, own, served[question], candidate[question])] : [];
  });
}

function resultOf(
  question: EvaluationQuestion,
  targets: readonly ReadonlySet<string>[],
  served: Lists['all'],
  candidate: Lists['all'],
): GateResult {
  const sums = { served: createAccuracy(), candidate: createAccuracy() };
  const differences = noSums();
  for (const [place, wanted] of targets.entries()) {
    if (wanted.size === 0) continue;
    const before = sums.served.add(served[place], wanted);
    add(differences, sums.candidate.add(candidate[place], wanted) - before);
  }
  const { mean, standardError } = meanOf(differences);
  return {
    question,
    customers: differences.count,
    served: sums.served.mean(),
    candidate: sums.candidate.mean(),
    gain: mean,
    ...(standardError !== null && { error: standardError }),
  };
}

function createAccuracy() {
  const [recalls, ndcgs] = [noSums(), noSums()];
  return {
    /** Returns the sum of both. */
    add(list: readonly string[], wanted: ReadonlySet<string>): number {
      const isHit = list.map((product) => wanted.has(product));
      const { recall, ndcg } = metricsOf(isHit, listLength, wanted.size);
      add(recalls, recall);
      add(ndcgs, ndcg);
      return recall + ndcg;
    },
    mean: (): Accuracy => ({ recall: meanOf(recalls).mean, ndcg: meanOf(ndcgs).mean }),
  };
}

/** Whether the candidate is better or worse by more than two standard errors; otherwise it may be chance. */
export function verdictOn({ gain, error }: GateResult): Verdict {
  return verdictOf({ mean: gain, standardError: error ?? null });
}
