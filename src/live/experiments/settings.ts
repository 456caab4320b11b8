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
/** The relative difference that is worth waiting for, in percent, unless the experiment says another. */
export const defaultEffect = 5;
