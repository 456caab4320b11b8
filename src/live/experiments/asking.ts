import { EndcapError } from '../../errors.ts';
import type { Scenarios } from '../scenarios/scenarios.ts';
import type { Scenario } from '../scenarios/settings.ts';
import type { ShopList, ShopListOptions, ShopQuestions } from '../types.ts';
import { experimentFor } from './compile.ts';

/** The questions whose lists take part in experiments: those for customers. */
export type ExperimentQuestions = Pick<
  ShopQuestions<ShopList>,
  'recommend' | 'recommendSync' | 'recommendForBasket' | 'recommendForBasketSync'
>;

/** Which experiment a list is part of, and the arm that its customer is in. */
export interface ExperimentArmOfList {
  readonly name: string;
  readonly arm: string;
}

interface Parts {
  /** What is served without experiments. */
  served: ExperimentQuestions;
  scenarios: Pick<Scenarios, 'current'>;
  /** What the model file of an arm answers; undefined if it cannot. */
  ofModel: (path: string) => ExperimentQuestions | undefined;
  /** The id of a customer as the store has it; undefined if it is none. */
  storedId: (customer: string | number) => string | undefined;
}

/** How a list is made. */
interface Part<Options> {
  readonly experiment: ExperimentArmOfList;
  readonly questions: ExperimentQuestions;
  readonly options: Options;
}

type Options = ShopListOptions & Scenario;

/**
 * The questions with experiments: the lists of customers who are in an arm are made by its scenario and model, and say so.
 * Strangers are in none.
 */
export function createExperimentQuestions({ served, scenarios, ofModel, storedId }: Parts): ExperimentQuestions {
  const questionsOf = (model: string | undefined) => (model === undefined ? served : ofModel(model));

  function partOf<Given extends Options>(
    customer: string | number | undefined,
    given: Given | undefined,
  ): Part<Given> | undefined {
    const { experiments, scenarios: known } = scenarios.current();
    if (experiments.length === 0 || customer === undefined) return undefined;
    const asked = given?.scenario;
    // What is wrong with a request is said as it always is.
    if (asked !== undefined && !known.has(asked)) return undefined;
    const experiment = experimentFor(experiments, asked, Date.now());
    const id = experiment && storedId(customer);
    if (id === undefined) return undefined;
    const arm = experiment!.armOf(id);
    const { scenario, model } = experiment!.arms[arm];
    const questions = questionsOf(model);
    // If one arm had no customers, the others would be no comparison.
    if (!questions || !Object.values(experiment!.arms).every(({ model }) => questionsOf(model))) return undefined;
    const options = scenario === undefined ? (given as Given) : inArm(given, scenario, known);
    return { experiment: { name: experiment!.name, arm }, questions, options };
  }

  /** Only what is wrong with the options of an arm, not with the request's own. */
  const isOfArm = (error: unknown, { options }: Part<unknown>, given: unknown) =>
    options !== given && error instanceof EndcapError && error.code === 'invalid_options';

  const marked = (list: ShopList, { experiment }: Part<unknown>) => ({ ...list, experiment });

  async function later<Given>(
    part: Part<Given>,
    given: Given,
    ask: (questions: ExperimentQuestions, options: Given) => Promise<ShopList>,
  ): Promise<ShopList> {
    try {
      return marked(await ask(part.questions, part.options), part);
    } catch (error) {
      if (!isOfArm(error, part, given)) throw error;
      // The customer stays in the arm: to leave out who asks so would make the arms differ.
      return marked(await ask(part.questions, given), part);
    }
  }

  function atOnce<Given>(
    part: Part<Given>,
    given: Given,
    ask: (questions: ExperimentQuestions, options: Given) => ShopList,
  ): ShopList {
    try {
      return marked(ask(part.questions, part.options), part);
    } catch (error) {
      if (!isOfArm(error, part, given)) throw error;
      return marked(ask(part.questions, given), part);
    }
  }

  return {
    recommend(customer, given) {
      const part = partOf(customer, given as Options);
      if (!part) return served.recommend(customer, given);
      return later(part as Part<typeof given>, given, ({ recommend }, options) => recommend(customer, options));
    },
    recommendSync(customer, given) {
      const part = partOf(customer, given as Options);
      if (!part) return served.recommendSync(customer, given);
      return atOnce(part as Part<typeof given>, given, ({ recommendSync }, options) =>
        recommendSync(customer, options),
      );
    },
    recommendForBasket(lines, given) {
      const part = partOf(given?.customer, given as Options);
      if (!part) return served.recommendForBasket(lines, given);
      return later(part as Part<typeof given>, given, (questions, options) =>
        questions.recommendForBasket(lines, options),
      );
    },
    recommendForBasketSync(lines, given) {
      const part = partOf(given?.customer, given as Options);
      if (!part) return served.recommendForBasketSync(lines, given);
      return atOnce(part as Part<typeof given>, given, (questions, options) =>
        questions.recommendForBasketSync(lines, options),
      );
    },
  };
}

/** The scenario of the arm says which products a list has; its look is as without the experiment, so that pages fit. */
function inArm<Given extends Options>(
  given: Given | undefined,
  scenario: string,
  known: ReadonlyMap<string, Scenario>,
): Given {
  const asked = (given?.scenario !== undefined && known.get(given.scenario)) || {};
  const { n = asked.n ?? 10, fields = asked.fields ?? [], explain = asked.explain ?? false } = given ?? {};
  return { ...given, n, fields, explain, scenario } as Given;
}
