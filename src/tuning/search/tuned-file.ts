import { EndcapError } from '../../errors.ts';
import {
  count,
  listOf,
  Misfit,
  number,
  object,
  oneOf,
  optional,
  recordOf,
  type Shape,
  text,
} from '../../model/file/shapes.ts';
import { guards } from '../../model/metadata.ts';
import { textOf } from '../../options.ts';
import { checkTrainOptions, type TrainOptions } from '../../training/fit-on.ts';
import type { Tuned } from './tuned.ts';

const anything: Shape = (value) => value;
const gain = object({ mean: number(), error: number() });
const options = object(
  {
    factors: number(),
    iterations: number(),
    regularization: number(),
    unobservedWeight: number(),
    frequencyExponent: number(),
    confidence: text,
    decay: number(),
    tasteDecay: number(),
    windowDays: number(),
    blend: recordOf(number()),
    guards: optional(guards),
  },
  anything,
);
const shape = object({
  options,
  gain: optional(gain),
  unchanged: optional(oneOf('nothing_better', 'not_confirmed', 'out_of_time')),
  defaults: options,
  given: object({}, anything),
  aim: optional(object({ purchased: optional(oneOf('allow', 'exclude')), lastDays: optional(number()) })),
  fingerprint: text,
  endcap: text,
  elapsedMs: number(),
  trials: listOf(
    object({
      round: count,
      rung: oneOf('short', 'long', 'confirm'),
      place: count,
      options,
      value: number(),
      gain: optional(gain),
      least: optional(number()),
      worse: optional(listOf(oneOf('all', 'explore', 'newest'))),
    }),
  ),
});

/**
 * Reads a search that was written to a file with JSON.stringify.
 *
 * @param name of the file, for messages.
 * @throws `options_unreadable` if the text is not such a search.
 *
 * @example
 * const tuned = parseTuned(await readFile('tuned.json', 'utf8'), 'tuned.json');
 * const further = await tune(dataset, { resume: tuned });
 */
export function parseTuned(text: string, name: string): Tuned {
  const content = jsonOf(text, name);
  const problem = tunedProblem(content);
  if (problem !== undefined) throw unreadable(name, `is not a file of endcap tune: ${problem}`);
  return content as Tuned;
}

/** What keeps a value from being a search; undefined if it is one. */
export function tunedProblem(content: unknown): string | undefined {
  try {
    shape(content);
    return undefined;
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    return `${error.path.join('.')}: ${error.problem}`;
  }
}

/**
 * Reads the training options of a file that a search was written to, or of any that has the form `{"options": {...}}`.
 *
 * @param name of the file, for messages.
 * @throws `options_unreadable` if the text has no options; `invalid_options` for an option that does not exist or a value
 * that is out of range.
 *
 * @example
 * const model = await train(dataset, parseOptions(await readFile('tuned.json', 'utf8'), 'tuned.json'));
 */
export function parseOptions(text: string, name: string): TrainOptions {
  const content = jsonOf(text, name) as { options?: unknown } | null;
  const options = content?.options;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw unreadable(name, 'has no options; expected {"options": {...}}, as endcap tune writes it');
  }
  checkTrainOptions(options);
  return options;
}

function jsonOf(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(name, `is not JSON: ${(cause as Error).message}`);
  }
}

function unreadable(name: string, problem: string): EndcapError {
  return new EndcapError('options_unreadable', `${textOf(name)} ${problem}`, { file: name });
}
