import * as z from 'zod';
import type { ModelMetadata } from './model.ts';

const count = z.number().int().nonnegative();
const scalar = z.union([z.string(), z.number(), z.boolean()]);
/** What dates can say, in milliseconds since 1970. */
const time = z.number().min(-8.64e15).max(8.64e15);
/** Of a part of the score. With the largest signals, scores stay far below the magnitude that kernels take. */
const weight = z.number().min(0).max(1e5);
const signedWeight = z.number().min(-1e5).max(1e5);
/** What kernels multiply by, as 32-bit floats. */
const multiplier = z.number().nonnegative().max(1e30);

/** Training options that recommending reads, which a model of an earlier version may lack, and any others. */
const options = z
  .object({
    regularization: z.number().nonnegative().optional(),
    unobservedWeight: multiplier.optional(),
    frequencyExponent: z.number().min(0).max(2).optional(),
    confidence: z.enum(['orders', 'quantity', 'log-quantity', 'equal']).optional(),
    tasteDecay: z.number().positive().max(1).optional(),
  })
  .catchall(scalar);

/** Numbers that folding in reads, which a model of an earlier version may lack, and any others. */
const foldIn = z
  .object({ confidenceScale: multiplier.optional(), regularizationScale: multiplier.optional() })
  .catchall(z.number());

const schema = z.object({
  version: z.string().min(1),
  endcap: z.string(),
  trainedAt: z.string(),
  fingerprint: z.string(),
  options,
  losses: z.array(z.number()),
  trainingMs: z.number().nonnegative(),
  account: z.object({
    read: count,
    kept: count,
    purchases: count,
    returns: count,
    dropped: z.record(z.string(), count),
    examples: z.record(z.string(), z.array(z.object({ line: count, value: z.string() }))),
    columns: z.record(z.string(), z.string()),
    firstPurchase: time.optional(),
    lastPurchase: time.optional(),
  }),
  idCleaning: count.optional(),
  kernel: z.object({ backend: z.string(), isa: z.string(), threads: count }),
  foldIn,
  ranking: z
    .object({
      taste: weight,
      habit: weight,
      trend: signedWeight,
      bought: signedWeight,
      repeat: signedWeight,
      neighbours: weight.optional(),
      easeRegularization: z.number().nonnegative().optional(),
      decay: z.number().positive().max(1),
      windowDays: z.number().positive(),
    })
    .optional(),
  shop: z.object({ rebought: z.number().min(0).max(1) }).optional(),
  guards: z
    .array(z.object({ question: z.enum(['all', 'explore', 'repeat']), baseline: z.string(), action: z.string() }))
    .optional(),
  repeatTrees: z
    .object({
      kept: z.boolean(),
      customers: count,
      gain: z.number(),
      error: z.number().nonnegative(),
      repeatGain: z.number(),
      asOf: time.optional(),
    })
    .optional(),
  choice: z
    .object({
      heldOut: z.enum(['orders', 'products']),
      customers: count,
      tried: z.array(
        z.object({
          factors: count.optional(),
          regularization: z.number(),
          unobservedWeight: z.number(),
          tasteDecay: z.number().optional(),
          all: z.object({ recall: z.number(), ndcg: z.number() }).optional(),
          explore: z.object({ recall: z.number(), ndcg: z.number() }).optional(),
        }),
      ),
      budget: z
        .object({ minutes: z.number().nonnegative(), estimate: z.number().nonnegative(), beyond: count.optional() })
        .optional(),
      beatsDefaults: z.boolean().optional(),
      learned: z.boolean(),
    })
    .optional(),
  unchosen: z.enum(['given', 'fast', 'too_few', 'too_early']).optional(),
  validation: z.object({ metric: z.string(), values: z.array(z.number()) }).optional(),
});

type Key = keyof ModelMetadata;
const keys = Object.keys(schema.shape) as Key[];
const plainText: ReadonlySet<Key> = new Set<Key>(['version', 'endcap', 'trainedAt', 'fingerprint']);
const optional: ReadonlySet<Key> = new Set<Key>([
  'idCleaning',
  'ranking',
  'shop',
  'guards',
  'repeatTrees',
  'choice',
  'unchosen',
  'validation',
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
    if (text === undefined && optional.has(key)) continue;
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
  const { data, error } = schema.safeParse(metadata);
  if (data) return data as ModelMetadata;
  const [{ path, message }] = error.issues;
  return `${['metadata', ...path].map(String).join('.')}: ${message}`;
}
