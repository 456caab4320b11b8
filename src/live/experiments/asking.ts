import { EndcapError } from '../../errors.ts';
import type { Shown } from '../attribution/with-ids.ts';
import type { Compiled } from '../scenarios/compile.ts';
import type { Scenario } from '../scenarios/settings.ts';
import type { ShopList, ShopListOptions } from '../types.ts';
import { experimentFor } from './compile.ts';

/** The questions whose lists take part in experiments: those for customers. */
export type ExperimentQuestions = Omit<Shown<ShopList>, 'newProducts'>;

/** What the model file of an arm answers. */
interface ArmAnswering {
  readonly questions: ExperimentQuestions;
  current(): { readonly model: { readonly metadata: { readonly version: string } } };
}

interface Parts {
  /** What is served without experiments. */
  served: ExperimentQuestions;
  settings: () => Compiled;
  /** What the model file of an arm answers; undefined if it cannot. */
  ofModel: (path: string) => ArmAnswering | undefined;
  /** The id of a customer as the store has it; undefined if it is none. */
  storedId: (customer: string | number) => string | undefined;
}

/** How a list is made, and what it says. */
interface Part<Options> {
  readonly questions: ExperimentQuestions;
  readonly options: Options;
  readonly told: Pick<ShopList, 'experiment' | 'model'>;
}

type Options = ShopListOptions & Scenario;

/**
 * The questions with experiments: the lists of customers who are in an arm are made by its scenario and model, and say so.
 * Strangers are in none.
 */
export function createExperimentQuestions({ served, settings, ofModel, storedId }: Parts): ExperimentQuestions {
  function partOf<Given extends Options>(
    customer: string | number | undefined,
    given: Given | undefined,
  ): Part<Given | undefined> | undefined {
    const { experiments, scenarios: known } = settings();
    if (experiments.length === 0 || customer === undefined) return undefined;
    const asked = given?.scenario;
    // What is wrong with a request is said as it always is.
    if (asked !== undefined && !known.has(asked)) return undefined;
    const experiment = experimentFor(experiments, asked, Date.now());
    const id = experiment && storedId(customer);
    if (id === undefined) return undefined;
    const arm = experiment!.armOf(id);
    const { scenario, model } = experiment!.arms[arm];
    // If one arm had no customers, the others would be no comparison.
    if (!experiment!.models.every(ofModel)) return undefined;
    const answering = model === undefined ? undefined : ofModel(model)!;
    const told = { name: experiment!.name, arm };
    return {
      questions: answering?.questions ?? served,
      options: scenario === undefined ? given : inArm(given, scenario, known),
      told: answering ? { experiment: told, model: answering.current().model.metadata.version } : { experiment: told },
    };
  }

  /** Only what is wrong with the options of an arm, not with the request's own. */
  const isOfArm = (error: unknown, { options }: Part<unknown>, given: unknown) =>
    options !== given && error instanceof EndcapError && error.code === 'invalid_options';

  /** Written out, since to copy all that a list has would take half a microsecond. */
  const marked = ({ items, source }: ShopList, { told: { experiment, model } }: Part<unknown>): ShopList =>
    model === undefined ? { items, source, experiment } : { items, source, experiment, model };

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
      return later(part as Part<typeof given>, given, ({ recommendForBasket }, options) =>
        recommendForBasket(lines, options),
      );
    },
    recommendForBasketSync(lines, given) {
      const part = partOf(given?.customer, given as Options);
      if (!part) return served.recommendForBasketSync(lines, given);
      return atOnce(part as Part<typeof given>, given, ({ recommendForBasketSync }, options) =>
        recommendForBasketSync(lines, options),
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
  const asked: Scenario = given?.scenario === undefined ? {} : known.get(given.scenario)!;
  const { n = asked.n ?? 10, fields = asked.fields ?? [], explain = asked.explain ?? false } = given ?? {};
  return { ...given, n, fields, explain, scenario } as Given;
}
