import { EndcapError } from '../../errors.ts';
import { wrong } from '../conditions/condition.ts';
import type { ServedModel } from '../served-model.ts';
import { type Answering, createAnswering } from '../swapping/answering.ts';
import type { CompiledExperiment } from './compile.ts';

type Experiments = readonly CompiledExperiment[];

/** The model files that arms name, each opened once. */
export interface ArmModels {
  /** What answers for a file; undefined if it is not open. */
  answering(path: string): Answering | undefined;
  /**
   * Opens what experiments name and is not open yet. What could be opened stays open until `settle`, also if it throws.
   *
   * @throws `invalid_options` that names the place if a file is no model of this shop; what else `open` throws.
   */
  prepare(experiments: Experiments): Promise<void>;
  /** Closes what experiments do not name, each after its last answer. */
  settle(experiments: Experiments): void;
}

/**
 * @param open opens a file as a model that answers for the shop, which closes it with itself.
 * @param served answers in place of a model that is closed.
 */
export function createArmModels(open: (path: string) => Promise<ServedModel>, served: () => ServedModel): ArmModels {
  const opened = new Map<string, Answering>();

  async function openAt(path: string, place: string): Promise<void> {
    try {
      opened.set(path, createAnswering(await open(path)));
    } catch (error) {
      if (!(error instanceof EndcapError) || ['store_failed', 'aborted'].includes(error.code)) throw error;
      throw wrong(place, `a model file of this shop; ${error.message}`);
    }
  }

  return {
    answering: (path) => opened.get(path),
    async prepare(experiments) {
      for (const { name, arms } of experiments)
        for (const [arm, { model }] of Object.entries(arms))
          if (model !== undefined && !opened.has(model)) await openAt(model, `experiments.${name}.arms.${arm}.model`);
    },
    settle(experiments) {
      const named = new Set(experiments.flatMap(({ models }) => models));
      for (const [path, answering] of opened) {
        if (named.has(path)) continue;
        opened.delete(path);
        answering.replace(served());
      }
    },
  };
}
