import { longest, mostRead } from '../dataset/reading.ts';
import {
  count,
  either,
  flag,
  listOf,
  Misfit,
  nonEmptyText,
  number,
  object,
  oneOf,
  optional,
  positive,
  recordOf,
  type Shape,
  someOf,
  text,
  textUpTo,
  whole,
} from './file/shapes.ts';
import type { ModelMetadata } from './model.ts';

/** What dates can say, in milliseconds since 1970. */
const time = number(-8.64e15, 8.64e15);
/** Of a part of the score. With the largest signals, scores stay far below the magnitude that kernels take. */
const weight = number(0, 1e5);
const signedWeight = number(-1e5, 1e5);
/** What kernels multiply by, as 32-bit floats. */
const multiplier = number(0, 1e30);
const share = number(0, 1);
const date: Shape = (value) => {
  if (typeof value === 'string' && !Number.isNaN(Date.parse(value))) return value;
  throw new Misfit(value, 'a date, such as 2026-01-02T03:04:05Z');
};
/** What answers and pages show of a model. */
const label: Shape = (value) => nonEmptyText(textUpTo(longest.name)(value));
const accuracy = object({ recall: number(), ndcg: number() });

/** Training options that recommending reads, which a model of an earlier version may lack, and any others. */
const options = object(
  {
    regularization: optional(number(0)),
    unobservedWeight: optional(multiplier),
    frequencyExponent: optional(number(0, 2)),
    confidence: optional(oneOf('orders', 'quantity', 'log-quantity', 'equal')),
    tasteDecay: optional(positive(1)),
  },
  either('text, a number, true, or false', text, number(), flag),
);

const convention = object({
  weight: oneOf('rating', 'rating - 1', '1'),
  right: oneOf('weight', 'weight + 1', 'rating'),
  penalty: oneOf('frequency', 'purchases', 'constant'),
});

/** Numbers that folding in reads, which a model of an earlier version may lack, and any others. */
const foldIn = object(
  {
    confidenceScale: optional(multiplier),
    regularizationScale: optional(multiplier),
    convention: optional(convention),
  },
  number(),
);

const imported = object({
  from: oneOf('spark', 'implicit', 'csv', 'endcap'),
  customers: count,
  products: count,
  cold: optional(object({ customers: count, products: count, foldedIn: count })),
  foldIn: optional(object({ customers: count, difference: number(0) })),
  weights: optional(oneOf('learned', 'kept', 'given', 'fast', 'too_few')),
  measured: optional(count),
});

const ranking = object({
  taste: weight,
  habit: weight,
  trend: signedWeight,
  bought: signedWeight,
  repeat: signedWeight,
  neighbours: optional(weight),
  easeRegularization: optional(number(0)),
  decay: positive(1),
  windowDays: positive(),
});

const account = object({
  read: count,
  kept: count,
  purchases: count,
  returns: count,
  dropped: recordOf(count),
  examples: recordOf(listOf(object({ line: count, value: text }))),
  columns: recordOf(text),
  firstPurchase: optional(time),
  lastPurchase: optional(time),
  source: optional(
    object({ read: count, purchases: count, customers: count, products: count, lastPurchase: optional(time) }),
  ),
});

const [name, sentence] = [textUpTo(longest.name), textUpTo(longest.text)];

const reading = object({
  files: optional(listOf(name, mostRead.files)),
  columns: recordOf(object({ column: name, index: count, why: sentence }), mostRead.columns),
  unusedColumns: listOf(name, mostRead.unusedColumns),
  decisions: recordOf(object({ value: sentence, why: sentence }), mostRead.decisions),
  notes: listOf(object({ code: name, text: sentence }), mostRead.notes),
  more: optional(object({ files: optional(count), unusedColumns: optional(count), notes: optional(count) })),
});

const repeatTrees = object({
  kept: flag,
  customers: count,
  gain: number(),
  error: number(0),
  repeatGain: number(),
  asOf: optional(time),
});

const tried = object({
  factors: optional(count),
  regularization: number(),
  unobservedWeight: number(),
  tasteDecay: optional(number()),
  all: optional(accuracy),
  explore: optional(accuracy),
});

const choice = object({
  heldOut: oneOf('orders', 'products'),
  customers: count,
  tried: listOf(tried),
  budget: optional(object({ minutes: number(0), estimate: number(0), beyond: optional(count) })),
  beatsDefaults: optional(flag),
  learned: flag,
});

/** Of shares, or of what one is less another. */
const mean = object({ mean: number(-1, 1), standardError: number(0, 1) });
const measuredLists = { recall: mean, ndcg: mean };

const measured = object({
  heldOut: oneOf('orders', 'products'),
  n: count,
  until: optional(time),
  picked: flag,
  trees: optional(flag),
  results: someOf(
    object({
      question: oneOf('all', 'explore', 'repeat'),
      customers: count,
      model: object(measuredLists),
      baselines: listOf(object({ name: textUpTo(longest.name), ...measuredLists, gain: object(measuredLists) }), 50),
    }),
    3,
  ),
});

export const guards = listOf(object({ question: oneOf('all', 'explore', 'repeat'), baseline: text, action: text }));

const gateResult = object({
  question: oneOf('all', 'explore', 'repeat'),
  customers: count,
  served: accuracy,
  candidate: accuracy,
  gain: number(),
  error: optional(number(0)),
});

/** Also of the runs that a shop remembers. */
export const gate = object({
  outcome: oneOf('better', 'tie', 'worse', 'too_few', 'damaged'),
  passed: flag,
  reason: text,
  served: text,
  newOrders: object({ orders: count, customers: count }),
  heldOut: optional(object({ orders: count, from: time, to: time })),
  question: optional(oneOf('all', 'explore')),
  results: listOf(gateResult),
  unshown: optional(object({ bought: count, shown: count, result: optional(gateResult) })),
  damages: listOf(text),
});

/** Together, the ends of periods are times, too. */
const sales = object({ from: number(-4e15, 4e15), periodDays: whole(1, 800_000), periods: whole(1, 52) });

const fields: Record<keyof ModelMetadata, Shape> = {
  version: label,
  endcap: text,
  trainedAt: date,
  fingerprint: text,
  options,
  losses: listOf(number()),
  trainingMs: number(0),
  account,
  reading: optional(reading),
  learned: optional(object({ store: nonEmptyText, seq: count })),
  idCleaning: optional(count),
  kernel: object({ backend: text, isa: text, threads: count }),
  foldIn,
  ranking: optional(ranking),
  shop: optional(object({ rebought: share })),
  guards: optional(guards),
  repeatTrees: optional(repeatTrees),
  sales: optional(sales),
  choice: optional(choice),
  unchosen: optional(oneOf('given', 'fast', 'too_few', 'too_early', 'no_history')),
  measured: optional(measured),
  validation: optional(object({ metric: text, values: listOf(number()) })),
  imported: optional(imported),
  gate: optional(gate),
};
const shape = object(fields);

type Key = keyof ModelMetadata;
const keys = Object.keys(fields) as Key[];
const plainText: ReadonlySet<Key> = new Set<Key>(['version', 'endcap', 'trainedAt', 'fingerprint']);
const canLack: ReadonlySet<Key> = new Set<Key>([
  'reading',
  'learned',
  'idCleaning',
  'ranking',
  'shop',
  'guards',
  'repeatTrees',
  'sales',
  'choice',
  'unchosen',
  'measured',
  'validation',
  'imported',
  'gate',
]);

/** The metadata as safetensors stores it, as strings by key: text unchanged, everything else as JSON. */
export function metadataTexts(metadata: ModelMetadata): Record<string, string> {
  return Object.fromEntries(
    keys
      .filter((key) => metadata[key] !== undefined)
      .map((key) => [key, plainText.has(key) ? String(metadata[key]) : JSON.stringify(metadata[key])]),
  );
}

/** Parses the metadata; returns a message if something is wrong with it. */
export function readMetadata(texts: ReadonlyMap<string, string>): ModelMetadata | string {
  const read: Record<string, unknown> = {};
  for (const key of keys) {
    const text = texts.get(key);
    if (text === undefined && canLack.has(key)) continue;
    if (text === undefined) return `${key} is missing`;
    try {
      read[key] = plainText.has(key) ? text : JSON.parse(text);
    } catch {
      return `${key} is not JSON`;
    }
  }
  return metadataProblem(read) ?? (read as unknown as ModelMetadata);
}

/** Why the metadata could not be written and read back unchanged; undefined if it could. */
export function metadataProblem(metadata: unknown): string | undefined {
  const parsed = parseMetadata(metadata);
  return typeof parsed === 'string' ? parsed : undefined;
}

/** A copy of the metadata, each value read once; a message if something is wrong with it. */
export function parseMetadata(metadata: unknown): ModelMetadata | string {
  try {
    return shape(metadata) as ModelMetadata;
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    return `${['metadata', ...error.path].join('.')}: ${error.problem}`;
  }
}
