import * as v from 'valibot';
import { exactly, number, record } from '../schemas.ts';
import { isPeriod, nameText, period, periodError, settingName } from '../setting-fields.ts';

/** What some of the customers get in an experiment; without a scenario and a model, what everybody gets without it. */
export interface ExperimentArm {
  /** Percent of the customers, above 0; those of all arms are 100 together. */
  share: number;
  /**
   * The name of a scenario that says which products lists have, in place of the one that is asked for. How many there are,
   * their fields, and explanations are as without the experiment.
   */
  scenario?: string;
  /** The path of a model file that answers in place of the served model. */
  model?: string;
}

/** A comparison of arms with one of them, the control, by what their customers then buy. */
export interface Experiment {
  /** By name, 2 to 10 of them. */
  arms: Readonly<Record<string, ExperimentArm>>;
  /** The name of the arm that the others are compared with. */
  control: string;
  /** The lists that take part: those that are asked for with one of these scenarios; all lists for customers by default. */
  for?: readonly string[];
  /** ISO 8601 with a time zone, or milliseconds since 1970; always by default. */
  from?: string | number;
  /** The first moment at which it is over. */
  until?: string | number;
  /** The relative difference, in percent, that is worth waiting for; 5 by default. */
  effect?: number;
}

/** Experiments of a shop, and model files of all of them. */
export const maxExperiments = 10;
export const maxModels = 3;
const maxArms = 10;
/** The relative difference that is worth waiting for, in percent, unless the experiment says another. */
export const defaultEffect = 5;

const share = 'percent of the customers: a number above 0, at most 100';
const path = 'the path of a model file';
const effect = 'percent: a number from 0.1 to 100';

const arm = v.pipe(
  exactly({
    share: v.pipe(number(share), v.gtValue(0, share), v.maxValue(100, share)),
    scenario: v.optional(settingName),
    model: v.optional(v.pipe(v.string(path), v.minLength(1, path), v.maxLength(4096, path))),
  }),
  v.metadata({
    id: 'ExperimentArm',
    description: 'Without a scenario and a model, what is served without the experiment.',
  }),
);
const armsText = `an object with 2 to ${maxArms} arms, by name`;
const names = 'a list of 1 to 100 names of scenarios';

/** An experiment as it is in files and requests. */
export const experimentJson = v.pipe(
  exactly({
    arms: v.pipe(
      record(settingName, arm, armsText, nameText),
      v.check((arms) => Object.keys(arms).length >= 2 && Object.keys(arms).length <= maxArms, armsText),
      v.metadata({ minProperties: 2, maxProperties: maxArms, description: 'Their shares are 100 together.' }),
    ),
    control: v.string('the name of the arm that the others are compared with'),
    for: v.optional(v.pipe(v.array(settingName, names), v.minLength(1, names), v.maxLength(100, names))),
    ...period,
    effect: v.optional(v.pipe(number(effect), v.minValue(0.1, effect), v.maxValue(100, effect))),
  }),
  v.forward(
    v.check((experiment) => isPeriod(experiment), periodError),
    ['until'],
  ),
  v.metadata({
    id: 'Experiment',
    description:
      'Which customers get which arm follows from their ids alone. Lists for all customers take part, or those that are asked `for` with these scenarios.',
  }),
);
