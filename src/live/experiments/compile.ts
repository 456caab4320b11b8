import { timeOf } from '../catalogue/fields.ts';
import { wrong } from '../conditions/condition.ts';
import { assignment } from './assignment.ts';
import { type Experiment, maxModels } from './settings.ts';

/** An experiment that was checked. */
export interface CompiledExperiment extends Experiment {
  readonly name: string;
  /** The name of the arm of a customer. */
  armOf(customer: string): string;
  /** The model files that arms name. */
  readonly models: readonly string[];
  /** Milliseconds since 1970; infinite where the settings say nothing. */
  readonly begins: number;
  readonly ends: number;
}

/** The scenario that lists what the model does not know: the same for everybody. */
const newScenario = 'new';

/**
 * Checks what experiments say of one another, and of scenarios.
 *
 * @throws `invalid_options` that names the place, such as `experiments.taste.control`, and what was expected.
 */
export function compileExperiments(
  experiments: Readonly<Record<string, Experiment>>,
  scenarios: ReadonlyMap<string, unknown>,
): CompiledExperiment[] {
  const known = [...scenarios.keys()].filter((name) => name !== newScenario);
  const checkScenario = (name: string, place: string) => {
    if (!known.includes(name)) throw wrong(place, `one of the scenarios ${known.join(', ')}`);
  };
  const models = new Set<string>();
  const compiled: CompiledExperiment[] = [];
  for (const [name, experiment] of Object.entries(experiments)) {
    const place = `experiments.${name}`;
    const { arms, control, from, until } = experiment;
    const sum = Object.values(arms).reduce((sum, { share }) => sum + share, 0);
    if (Math.abs(sum - 100) > 1e-6)
      throw wrong(`${place}.arms`, `shares of 100 together; they are ${Number(sum.toFixed(6))}`);
    if (!Object.hasOwn(arms, control))
      throw wrong(`${place}.control`, `one of the arms ${Object.keys(arms).join(', ')}`);
    for (const [arm, { scenario, model }] of Object.entries(arms)) {
      if (scenario !== undefined) checkScenario(scenario, `${place}.arms.${arm}.scenario`);
      if (model !== undefined) models.add(model);
      if (models.size > maxModels)
        throw wrong(`${place}.arms.${arm}.model`, `at most ${maxModels} model files in all experiments`);
    }
    for (const [i, scenario] of (experiment.for ?? []).entries()) checkScenario(scenario, `${place}.for[${i}]`);
    const next: CompiledExperiment = {
      ...{ ...experiment, name, armOf: assignment(name, arms) },
      models: Object.values(arms).flatMap(({ model }) => model ?? []),
      begins: from === undefined ? Number.NEGATIVE_INFINITY : timeOf(from),
      ends: until === undefined ? Number.POSITIVE_INFINITY : timeOf(until),
    };
    const other = compiled.find((other) => meet(next, other));
    if (other)
      throw wrong(
        `${place}.for`,
        `scenarios or times other than those of experiment ${other.name}: a list takes part in one experiment`,
      );
    compiled.push(next);
  }
  return compiled;
}

/** Whether a list could take part in both. */
function meet(one: CompiledExperiment, other: CompiledExperiment): boolean {
  if (one.begins >= other.ends || other.begins >= one.ends) return false;
  return !one.for || !other.for || one.for.some((scenario) => other.for!.includes(scenario));
}

/** The experiment that a list takes part in at a moment. @param scenario that it is asked for with, if with one. */
export function experimentFor(
  experiments: readonly CompiledExperiment[],
  scenario: string | undefined,
  now: number,
): CompiledExperiment | undefined {
  if (scenario === newScenario) return undefined;
  for (const experiment of experiments) {
    if (now < experiment.begins || now >= experiment.ends) continue;
    if (!experiment.for || (scenario !== undefined && experiment.for.includes(scenario))) return experiment;
  }
  return undefined;
}
