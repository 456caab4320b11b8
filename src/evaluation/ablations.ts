import type { Contestant } from '../measuring/contestants.ts';
import type { Model } from '../model/model.ts';
import { createRecommender } from '../recommending/create.ts';
import { sharedWordsOf } from '../recommending/lists/shared-words.ts';
import type { Recommender } from '../recommending/types.ts';

/**
 * The model without one of its parts at a time, to see what the part adds. The other weights stay as they were picked with
 * it, so that a part which others could replace looks a little better than it is. `no-variety` lets the names of a list share
 * any word; see `diversity`.
 *
 * @param options of the recommenders without a part.
 * @returns contestants for `measure`, which open a kernel when the first list is asked for, and what closes these.
 */
export function ablationsOf(
  recommender: Recommender,
  options: Parameters<typeof createRecommender>[1],
): { ablations: Contestant[]; close: () => Promise<void> } {
  const open: Recommender[] = [];
  const ablation = (part: string, recommendBlocks: Contestant['lists']['recommendBlocks']): Contestant => {
    return {
      name: `no-${part}`,
      kind: 'ablation',
      description: `the model without ${part}`,
      lists: { recommendBlocks },
    };
  };
  const ablations = without(recommender.model).map(([part, rest]) => {
    let other: Recommender | undefined;
    return ablation(part, async function* (asked) {
      if (other === undefined) {
        other = createRecommender(rest, options);
        open.push(other);
      }
      yield* other.recommendBlocks(asked);
    });
  });
  if (sharedWordsOf(recommender.model.productInfo))
    ablations.push(ablation('variety', (asked) => recommender.recommendBlocks({ ...asked, diversity: 0 })));
  return {
    ablations,
    async close() {
      await Promise.all(open.map((other) => other.close()));
    },
  };
}

/** The parts that not every model has, and the model without each. */
function without(model: Model): [part: string, rest: Model][] {
  const { neighbours, repeatTrees, ...rest } = model;
  const { metadata } = model;
  const { ranking } = metadata;
  const parts: [string, Model][] = [];
  if (neighbours && ranking) {
    const unweighted = { ...metadata, ranking: { ...ranking, neighbours: 0 } };
    parts.push(['neighbours', { ...rest, ...(repeatTrees && { repeatTrees }), metadata: unweighted }]);
  }
  if (repeatTrees) parts.push(['trees', { ...rest, ...(neighbours && { neighbours }) }]);
  return parts;
}
