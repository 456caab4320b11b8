import type { Contestant } from '../measuring/contestants.ts';
import type { Model } from '../model/model.ts';
import { createRecommender } from '../recommending/create.ts';
import type { Recommender } from '../recommending/types.ts';

/**
 * The model without one of its parts at a time, to see what the part adds. The other weights stay as they were picked with
 * it, so that a part which others could replace looks a little better than it is.
 *
 * @param options of the recommenders.
 * @returns contestants for `measure`, which open a kernel when the first list is asked for, and what closes these.
 */
export function ablationsOf(
  model: Model,
  options: Parameters<typeof createRecommender>[1],
): { ablations: Contestant[]; close: () => Promise<void> } {
  const open: Recommender[] = [];
  const ablations = without(model).map(([part, rest]): Contestant => {
    let recommender: Recommender | undefined;
    return {
      name: `no-${part}`,
      kind: 'ablation',
      description: `the model without ${part}`,
      lists: {
        async *recommendBlocks(asked) {
          if (recommender === undefined) {
            recommender = createRecommender(rest, options);
            open.push(recommender);
          }
          yield* recommender.recommendBlocks(asked);
        },
      },
    };
  });
  return {
    ablations,
    async close() {
      await Promise.all(open.map((recommender) => recommender.close()));
    },
  };
}

/** The parts that not every model has, and the model without each. */
function without(model: Model): [part: string, rest: Model][] {
  const { neighbours, ...rest } = model;
  const { ranking } = model.metadata;
  if (!neighbours || !ranking) return [];
  return [['neighbours', { ...rest, metadata: { ...model.metadata, ranking: { ...ranking, neighbours: 0 } } }]];
}
