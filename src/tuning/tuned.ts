import * as z from 'zod';
import type { Dataset } from '../dataset/dataset.ts';
import { EndcapError } from '../errors.ts';
import { type Blend, type RankingOptions, rankingSettings } from '../ranking/weights.ts';
import { type AlsOptions, alsSettings } from '../training/als.ts';
import { checkTrainOptions, type TrainOptions } from '../training/fit.ts';
import type { Point } from './draws.ts';
import type { Aim } from './held-out.ts';

/** What a search for options found, and all it needs to go on: plain data that JSON can hold. */
export interface Tuned {
  /** What `train` takes: `train(dataset, { ...tuned.options })`. */
  readonly options: TunedOptions;
  /**
   * What is to be expected of the sum of recall and NDCG at 10, of the lists that are aimed at: measured on customers that
   * had no part in the choice. Absent where `options` are the defaults.
   */
  readonly gain?: Gain;
  /** What `train` would do with no other option named than those of `given`. */
  readonly defaults: TunedOptions;
  /** Options that the search had to keep. */
  readonly given: AlsOptions & RankingOptions;
  /** What the options are to be good for; absent in files of before. */
  readonly aim?: Aim;
  /** `Dataset.fingerprint` of the orders. */
  readonly fingerprint: string;
  readonly endcap: string;
  /** Of all searches together. */
  readonly elapsedMs: number;
  readonly trials: readonly Trial[];
}

export type TunedOptions = AlsOptions & RankingOptions & Point & { readonly windowDays: number; readonly blend: Blend };

/** How much higher a value is than that of the defaults, customer by customer. */
export interface Gain {
  readonly mean: number;
  /** Standard error. */
  readonly error: number;
}

/** A few epochs; to the end, with its window and blend, compared with the defaults. */
export type Rung = 'short' | 'long';

export interface Trial extends Outcome {
  readonly round: number;
  readonly rung: Rung;
  /** Which one of the round's on this rung. */
  readonly place: number;
}

export interface Outcome {
  readonly options: TunedOptions;
  /** The sum of recall and NDCG at 10, of the lists that are aimed at; 0 where training failed. */
  readonly value: number;
  /** Of long trials that did not fail. */
  readonly gain?: Gain;
  /** The same of every other customer, from the first and from the second on. */
  readonly halves?: readonly [Gain, Gain];
}

/** The trials of the highest value first, those of equal value as they came. */
export function best<T extends Outcome>(trials: readonly T[], most: number): T[] {
  return [...trials].sort((a, b) => b.value - a.value).slice(0, most);
}

/**
 * The trial that is furthest ahead once a standard error is taken off its gain; undefined where none is ahead then. A gain
 * that is hardly more than noise stands behind a smaller one that is sure.
 *
 * @param half of the customers that are asked; all where it is not given.
 */
export function surest(trials: readonly Trial[], half?: 0 | 1): Trial | undefined {
  let [found, most]: [Trial | undefined, number] = [undefined, 0];
  for (const trial of trials) {
    const gain = half === undefined ? trial.gain : trial.halves?.[half];
    const sure = gain ? gain.mean - gain.error : 0;
    if (sure > most) [found, most] = [trial, sure];
  }
  return found;
}

/**
 * The surest trial, or the defaults. The best of many trials is luck for a part: so what either half of the customers would
 * choose is tried on the other half, and must be better than the defaults by more than a standard error.
 */
export function answerOf(trials: readonly Trial[], defaults: TunedOptions): Pick<Tuned, 'options' | 'gain'> {
  const even = surest(trials, 0)?.halves?.[1] ?? { mean: 0, error: 0 };
  const odd = surest(trials, 1)?.halves?.[0] ?? { mean: 0, error: 0 };
  const gain = { mean: (even.mean + odd.mean) / 2, error: Math.hypot(even.error, odd.error) / 2 };
  const found = surest(trials);
  return found && gain.mean > gain.error ? { options: found.options, gain } : { options: defaults };
}

const gain = z.object({ mean: z.number(), error: z.number() });
const options = z.looseObject({
  factors: z.number(),
  iterations: z.number(),
  regularization: z.number(),
  unobservedWeight: z.number(),
  frequencyExponent: z.number(),
  confidence: z.string(),
  decay: z.number(),
  tasteDecay: z.number(),
  windowDays: z.number(),
  blend: z.record(z.string(), z.number()),
});
const schema = z.object({
  options,
  gain: gain.optional(),
  defaults: options,
  given: z.looseObject({}),
  aim: z.object({ purchased: z.enum(['allow', 'exclude']).optional(), lastDays: z.number().optional() }).optional(),
  fingerprint: z.string(),
  endcap: z.string(),
  elapsedMs: z.number(),
  trials: z.array(
    z.object({
      round: z.number().int(),
      rung: z.enum(['short', 'long']),
      place: z.number().int(),
      options,
      value: z.number(),
      gain: gain.optional(),
      halves: z.tuple([gain, gain]).optional(),
    }),
  ),
});

/**
 * A search as it was written to a file with JSON.stringify.
 *
 * @param name of the file, for messages.
 * @throws `options_unreadable` where it is no such file.
 */
export function parseTuned(text: string, name: string): Tuned {
  const content = jsonOf(text, name);
  const issue = schema.safeParse(content).error?.issues[0];
  if (issue) throw unreadable(name, `holds no search of endcap tune: ${issue.path.join('.')}: ${issue.message}`);
  return content as Tuned;
}

/**
 * The training options in a file that a search was written to, or in any that holds `{"options": {...}}`.
 *
 * @param name of the file, for messages.
 * @throws `options_unreadable` where the file holds none; `invalid_options` for an option that does not exist or has a
 * value it cannot have.
 */
export function parseOptions(text: string, name: string): TrainOptions {
  const content = jsonOf(text, name) as { options?: unknown } | null;
  const options = content?.options;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw unreadable(name, 'holds no options; expected {"options": {...}}, as endcap tune writes it');
  }
  checkTrainOptions(options);
  return options;
}

/** Throws `invalid_options` where a search was of other data, had to keep other options, or aimed at something else. */
export function checkResume(
  dataset: Dataset,
  given: AlsOptions & RankingOptions,
  aim: Aim,
  { fingerprint, ...resume }: Tuned,
) {
  if (fingerprint !== dataset.fingerprint) {
    throw new EndcapError(
      'invalid_options',
      'resume: that search was of other orders; name another file, or none, to begin a new one',
      { option: 'resume', fingerprint, expected: dataset.fingerprint },
    );
  }
  // Both sides as JSON has them, and with every default, so that only a difference that matters is one.
  const settled = (options: AlsOptions & RankingOptions) =>
    JSON.stringify([options, alsSettings(options), rankingSettings(options)]);
  if (settled(JSON.parse(JSON.stringify(given))) !== settled(resume.given)) {
    throw new EndcapError(
      'invalid_options',
      `resume: that search kept the options ${JSON.stringify(resume.given)}, not ${JSON.stringify(given)}; name another file, ` +
        'or none, to begin a new one',
      { option: 'resume', expected: resume.given },
    );
  }
  const { purchased, lastDays } = resume.aim ?? {};
  if (purchased !== aim.purchased || lastDays !== aim.lastDays) {
    throw new EndcapError(
      'invalid_options',
      `resume: that search was for ${JSON.stringify(resume.aim ?? {})}, not for ${JSON.stringify(aim)}; name another file, or ` +
        'none, to begin a new one',
      { option: 'resume', expected: resume.aim ?? {} },
    );
  }
}

function jsonOf(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(name, `is not JSON: ${(cause as Error).message}`);
  }
}

function unreadable(name: string, problem: string): EndcapError {
  return new EndcapError('options_unreadable', `${name} ${problem}`, { file: name });
}
