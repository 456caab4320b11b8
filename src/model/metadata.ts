import * as z from 'zod';
import type { ModelMetadata } from './model.ts';

const count = z.number().int().nonnegative();
const scalar = z.union([z.string(), z.number(), z.boolean()]);

const schema = z.object({
  version: z.string().min(1),
  endcap: z.string(),
  trainedAt: z.string(),
  fingerprint: z.string(),
  options: z.record(z.string(), scalar),
  losses: z.array(z.number()),
  trainingMs: z.number(),
  account: z.object({
    read: count,
    kept: count,
    purchases: count,
    returns: count,
    dropped: z.record(z.string(), count),
    examples: z.record(z.string(), z.array(z.object({ line: count, value: z.string() }))),
    columns: z.record(z.string(), z.string()),
    firstPurchase: z.number().optional(),
    lastPurchase: z.number().optional(),
  }),
  kernel: z.object({ backend: z.string(), isa: z.string(), threads: count }),
  foldIn: z.record(z.string(), z.number()),
  ranking: z
    .object({
      taste: z.number().nonnegative(),
      habit: z.number().nonnegative(),
      trend: z.number().nonnegative(),
      bought: z.number(),
      repeat: z.number(),
      decay: z.number().positive().max(1),
      windowDays: z.number().positive(),
    })
    .optional(),
  choice: z
    .object({
      heldOut: z.enum(['orders', 'products']),
      customers: count,
      tried: z.array(
        z.object({
          regularization: z.number(),
          unobservedWeight: z.number(),
          tasteDecay: z.number().optional(),
          all: z.object({ recall: z.number(), ndcg: z.number() }).optional(),
          explore: z.object({ recall: z.number(), ndcg: z.number() }).optional(),
        }),
      ),
      beatsDefaults: z.boolean().optional(),
      learned: z.boolean(),
    })
    .optional(),
  unchosen: z.enum(['given', 'too_few']).optional(),
  validation: z.object({ metric: z.string(), values: z.array(z.number()) }).optional(),
});

type Key = keyof ModelMetadata;
const keys = Object.keys(schema.shape) as Key[];
const plainText: ReadonlySet<Key> = new Set<Key>(['version', 'endcap', 'trainedAt', 'fingerprint']);
const optional: ReadonlySet<Key> = new Set<Key>(['ranking', 'choice', 'unchosen', 'validation']);

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
  const issue = schema.safeParse(metadata).error?.issues[0];
  return issue && `${issue.path.map(String).join('.')}: ${issue.message}`;
}
