/** The answer of `GET /model`: what answers, and how it was trained. It contains no customer data. */
import * as z from 'zod';
import type { MeasuredLists } from '../../model/measured.ts';
import type { Model, ModelMetadata } from '../../model/model.ts';
import type { Recommender } from '../../recommending/types.ts';
import { version } from './answers.ts';

export const kernelAnswer = z
  .object({ backend: z.string(), isa: z.string(), threads: z.int().min(1) })
  .meta({ id: 'Kernel' });
const count = z.int().min(0);
const time = z.string().meta({ format: 'date-time' });
const accuracy = z.object({ recall: z.number(), ndcg: z.number() });
const mean = z.object({ mean: z.number(), standard_error: z.number().min(0) }).meta({ id: 'MeasuredMean' });
const lists = { recall: mean, ndcg: mean };

export const modelAnswer = z
  .object({
    version,
    algorithm: z.enum(['als', 'quantity']),
    factors: count.meta({ description: 'Length of one embedding.' }),
    customers: count,
    products: count,
    pairs: count.meta({ description: 'Distinct customer-product pairs.' }),
    endcap: z.string().meta({ description: 'The Endcap version that trained the model.' }),
    trained_at: time,
    training_ms: z.number(),
    options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    ranking: z
      .object({
        taste: z.number(),
        habit: z.number(),
        trend: z.number(),
        bought: z.number(),
        repeat: z.number(),
        neighbours: z.number().optional(),
        ease_regularization: z.number().optional(),
        decay: z.number(),
        window_days: z.number(),
      })
      .optional()
      .meta({
        description:
          'The weights of a score, the regularization of EASE if neighbours are found by it, the decay of orders, and the days of the trend.',
      }),
    choice: z
      .object({
        held_out: z.enum(['orders', 'products']).meta({ description: 'What was held out to compare options on.' }),
        customers: count.meta({ description: 'Customers measured.' }),
        tried: z.array(
          z.object({
            factors: count.optional(),
            regularization: z.number(),
            unobserved_weight: z.number(),
            taste_decay: z.number().optional(),
            all: accuracy.optional(),
            explore: accuracy.optional().meta({ description: 'Of products new to the customer.' }),
          }),
        ),
        budget: z.object({ minutes: z.number(), estimate: z.number(), beyond: count.optional() }).optional().meta({
          description:
            'What search and training may take, are estimated to take, and the number of factors that would take more.',
        }),
        beats_defaults: z.boolean().optional().meta({
          description: 'Whether the best combination beat the defaults by more than the noise.',
        }),
        learned: z.boolean().meta({ description: 'Whether the weights of the ranking were learned as well.' }),
      })
      .optional()
      .meta({ description: 'How training picked options; absent if it picked none.' }),
    unchosen: z.enum(['given', 'fast', 'too_few', 'too_early']).optional().meta({
      description:
        'Why training picked none: all were given, it was to be fast, too few customers or orders could be measured, or there are so few orders that lists go by popularity and habit alone.',
    }),
    measured: z
      .object({
        held_out: z.enum(['orders', 'products']),
        n: count.meta({ description: 'Products of a list.' }),
        until: time.optional().meta({ description: 'When the last order was placed.' }),
        picked: z.boolean().meta({ description: 'Whether options or weights were picked on the same orders.' }),
        trees: z.boolean().optional().meta({
          description: 'Whether lists have the trees of the model; if not, it finds more. Absent without trees.',
        }),
        results: z.array(
          z.object({
            question: z.enum(['all', 'explore', 'repeat']),
            customers: count,
            model: z.object(lists),
            baselines: z.array(
              z.object({
                ...{ name: z.string(), ...lists },
                gain: z.object(lists).meta({ description: "The model's lists less these, over the same customers." }),
              }),
            ),
          }),
        ),
      })
      .optional()
      .meta({
        description:
          'What lists find of held-out orders, next to best-sellers and other simple lists; absent if it was not measured.',
      }),
    repeat_trees: z
      .object({ kept: z.boolean(), customers: count, gain: z.number(), error: z.number(), as_of: time.optional() })
      .optional()
      .meta({
        description: 'Trees for products bought before: whether the model has them, and what lists gained by them.',
      }),
    losses: z.array(z.number()).meta({ description: 'Training loss after each epoch.' }),
    fingerprint: z.string().meta({ description: 'SHA-256 of the cleaned orders.' }),
    account: z
      .object({
        read: count,
        kept: count,
        purchases: count,
        returns: count,
        dropped: z.record(z.string(), count).meta({ description: 'Records dropped, by reason.' }),
        columns: z.record(z.string(), z.string()).meta({ description: 'The column that each role was read from.' }),
        first_purchase: time.optional(),
        last_purchase: time.optional(),
      })
      .meta({ description: 'Where every order record went: read = kept + the sum of dropped.' }),
    kernel: z.object({ training: kernelAnswer, serving: kernelAnswer }),
  })
  .meta({ id: 'ModelAnswer' });

type ModelAnswer = z.infer<typeof modelAnswer>;

export function aboutModel({ model, kernel }: Recommender): ModelAnswer {
  const { metadata } = model;
  return {
    version: metadata.version,
    algorithm: model.algorithm,
    factors: model.factors,
    customers: model.customers.length,
    products: model.products.length,
    pairs: model.purchases.products.length,
    endcap: metadata.endcap,
    trained_at: metadata.trainedAt,
    training_ms: metadata.trainingMs,
    options: snakeKeys(metadata.options),
    ranking: aboutRanking(metadata),
    choice: aboutChoice(metadata),
    unchosen: metadata.unchosen,
    measured: aboutMeasured(metadata),
    repeat_trees: aboutTrees(metadata),
    losses: [...metadata.losses],
    fingerprint: metadata.fingerprint,
    account: aboutAccount(model),
    kernel: { training: aboutKernel(metadata.kernel), serving: aboutKernel(kernel) },
  };
}

/** Without the backends that failed to load: their reasons may name paths of this machine. */
export function aboutKernel({ backend, isa, threads }: z.infer<typeof kernelAnswer>): z.infer<typeof kernelAnswer> {
  return { backend, isa, threads };
}

function aboutRanking({ ranking }: ModelMetadata): ModelAnswer['ranking'] {
  if (!ranking) return undefined;
  const { windowDays, easeRegularization, ...weights } = ranking;
  return {
    ...weights,
    ...(easeRegularization && { ease_regularization: easeRegularization }),
    window_days: windowDays,
  };
}

function aboutChoice({ choice }: ModelMetadata): ModelAnswer['choice'] {
  if (!choice) return undefined;
  const { heldOut, tried, beatsDefaults, ...rest } = choice;
  return {
    held_out: heldOut,
    beats_defaults: beatsDefaults,
    ...rest,
    tried: tried.map(({ unobservedWeight, tasteDecay, ...one }) => ({
      ...one,
      unobserved_weight: unobservedWeight,
      taste_decay: tasteDecay,
    })),
  };
}

function aboutMeasured({ measured }: ModelMetadata): ModelAnswer['measured'] {
  if (!measured) return undefined;
  const { heldOut, n, until, picked, trees, results } = measured;
  return {
    ...{ held_out: heldOut, n, until: until === undefined ? undefined : new Date(until).toISOString(), picked, trees },
    results: results.map(({ question, customers, model, baselines }) => ({
      ...{ question, customers, model: aboutLists(model) },
      baselines: baselines.map(({ name, gain, ...found }) => ({
        ...{ name, ...aboutLists(found), gain: aboutLists(gain) },
      })),
    })),
  };
}

function aboutLists({ recall, ndcg }: MeasuredLists) {
  const onWire = ({ mean, standardError }: MeasuredLists['recall']) => ({ mean, standard_error: standardError });
  return { recall: onWire(recall), ndcg: onWire(ndcg) };
}

function aboutTrees({ repeatTrees }: ModelMetadata): ModelAnswer['repeat_trees'] {
  if (!repeatTrees) return undefined;
  const { kept, customers, gain, error, asOf } = repeatTrees;
  return { kept, customers, gain, error, ...(asOf !== undefined && { as_of: new Date(asOf).toISOString() }) };
}

/** Without the examples of dropped records, which contain customer data. */
function aboutAccount({ metadata: { account } }: Model): ModelAnswer['account'] {
  const { read, kept, purchases, returns, dropped, columns, firstPurchase, lastPurchase } = account;
  const time = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  return {
    read,
    kept,
    purchases,
    returns,
    dropped: snakeKeys(dropped),
    columns: snakeKeys(columns),
    first_purchase: time(firstPurchase),
    last_purchase: time(lastPurchase),
  };
}

/** `someOption` and `some reason` become `some_option` and `some_reason`. */
function snakeKeys<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll(' ', '_');
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [snake(key), value]));
}
