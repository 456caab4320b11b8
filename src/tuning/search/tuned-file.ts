import * as z from 'zod';
import { EndcapError } from '../../errors.ts';
import { textOf } from '../../options.ts';
import { checkTrainOptions, type TrainOptions } from '../../training/fit.ts';
import type { Tuned } from './tuned.ts';

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
  guards: z
    .array(z.object({ question: z.enum(['all', 'explore', 'repeat']), baseline: z.string(), action: z.string() }))
    .optional(),
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
      worse: z.array(z.enum(['all', 'explore', 'newest'])).optional(),
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
  const issue = schema.safeParse(content).error?.issues[0];
  return issue && `${issue.path.map(String).join('.')}: ${issue.message}`;
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
