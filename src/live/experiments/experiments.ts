/** What a running shop needs of experiments. */
import type { Model } from '../../model/model.ts';
import { reportedShop } from '../attribution/reported-shop.ts';
import type { Shown } from '../attribution/with-ids.ts';
import { storedIdOf } from '../purchases/customer-data.ts';
import type { Compiled } from '../scenarios/compile.ts';
import type { ServedModel } from '../served-model.ts';
import type { ShopStore } from '../store/store.ts';
import { checkSameShop } from '../swapping/foreign.ts';
import type { ShopList } from '../types.ts';
import { createExperimentQuestions } from './asking.ts';
import { type ArmModels, createArmModels } from './models.ts';
import { createReports, type ShopExperiments } from './reports.ts';

export interface Experiments extends Pick<ArmModels, 'prepare' | 'settle'> {
  /** The questions with experiments. @param served what is served without. */
  questions(served: Shown<ShopList>): Shown<ShopList>;
  /** What answers for a model file that an arm names; undefined if it is not open. */
  arm(path: string): ServedModel | undefined;
  readonly reports: ShopExperiments;
}

interface Parts {
  store: ShopStore | undefined;
  /** How many days lists are kept; 0 if they are not. */
  days: number;
  settings: () => Compiled;
  /** The model that answers. */
  current: () => ServedModel;
  /** Opens a file as a model that answers for the shop, if it passes the check. */
  open: (path: string, check: (model: Model) => Promise<void>) => Promise<ServedModel>;
  /** Ends what runs. */
  signal: AbortSignal;
}

export function createExperiments({ store, days, settings, current, open, signal }: Parts): Experiments {
  const models = createArmModels((path) => open(path, (model) => checkSameShop(path, model, current().model)), current);
  return {
    prepare: models.prepare,
    settle: models.settle,
    arm: (path) => models.answering(path)?.current(),
    questions: (served) => ({
      ...served,
      ...createExperimentQuestions({
        served,
        settings,
        ofModel: models.answering,
        storedId: (id) => storedIdOf(current(), id),
      }),
    }),
    reports: createReports({
      ...{ store, settings, days, signal },
      canAnswer: ({ models: files }) => files.every(models.answering),
      facts() {
        const { productRow, model } = current();
        return { ...reportedShop(current()), rowOf: productRow, products: model.products.length };
      },
    }),
  };
}
