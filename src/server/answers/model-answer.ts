/** The answer of `GET /model`: what answers, and how it was trained. It contains no customer data. */
import * as v from 'valibot';
import { int, number, record } from '../../live/schemas.ts';
import type { MeasuredLists } from '../../model/measured.ts';
import type { Model, ModelMetadata } from '../../model/model.ts';
import type { Recommender } from '../../recommending/types.ts';
import { version } from './answers.ts';

export const kernelAnswer = v.pipe(
  v.object({ backend: v.string(), isa: v.string(), threads: v.pipe(int(), v.minValue(1)) }),
  v.metadata({ id: 'Kernel' }),
);
const count = v.pipe(int(), v.minValue(0));
const time = v.pipe(v.string(), v.metadata({ format: 'date-time' }));
const accuracy = v.object({ recall: number(), ndcg: number() });
const mean = v.pipe(
  v.object({ mean: number(), standard_error: v.pipe(number(), v.minValue(0)) }),
  v.metadata({ id: 'MeasuredMean' }),
);
const lists = { recall: mean, ndcg: mean };

export const modelAnswer = v.pipe(
  v.object({
    version,
    algorithm: v.picklist(['als', 'quantity']),
    factors: v.pipe(count, v.description('Length of one embedding.')),
    customers: count,
    products: count,
    pairs: v.pipe(count, v.description('Distinct customer-product pairs.')),
    endcap: v.pipe(v.string(), v.description('The Endcap version that trained the model.')),
    trained_at: time,
    training_ms: number(),
    options: record(v.string(), v.union([v.string(), number(), v.boolean()])),
    ranking: v.optional(
      v.pipe(
        v.object({
          taste: number(),
          habit: number(),
          trend: number(),
          bought: number(),
          repeat: number(),
          neighbours: v.optional(number()),
          ease_regularization: v.optional(number()),
          decay: number(),
          window_days: number(),
        }),
        v.description(
          'The weights of a score, the regularization of EASE if neighbours are found by it, the decay of orders, and the days of the trend.',
        ),
      ),
    ),
    choice: v.optional(
      v.pipe(
        v.object({
          held_out: v.pipe(
            v.picklist(['orders', 'products']),
            v.description('What was held out to compare options on.'),
          ),
          customers: v.pipe(count, v.description('Customers measured.')),
          tried: v.array(
            v.object({
              factors: v.optional(count),
              regularization: number(),
              unobserved_weight: number(),
              taste_decay: v.optional(number()),
              all: v.optional(accuracy),
              explore: v.optional(v.pipe(accuracy, v.description('Of products new to the customer.'))),
            }),
          ),
          budget: v.optional(
            v.pipe(
              v.object({ minutes: number(), estimate: number(), beyond: v.optional(count) }),
              v.description(
                'What search and training may take, are estimated to take, and the number of factors that would take more.',
              ),
            ),
          ),
          beats_defaults: v.optional(
            v.pipe(
              v.boolean(),
              v.description('Whether the best combination beat the defaults by more than the noise.'),
            ),
          ),
          learned: v.pipe(v.boolean(), v.description('Whether the weights of the ranking were learned as well.')),
        }),
        v.description('How training picked options; absent if it picked none.'),
      ),
    ),
    unchosen: v.optional(
      v.pipe(
        v.picklist(['given', 'fast', 'too_few', 'too_early', 'no_history']),
        v.description(
          'Why training picked none: all were given, it was to be fast, too few customers or orders could be measured, there are so few orders that lists go by popularity and habit alone, or it learned from pairs without their orders.',
        ),
      ),
    ),
    measured: v.optional(
      v.pipe(
        v.object({
          held_out: v.picklist(['orders', 'products']),
          n: v.pipe(count, v.description('Products of a list.')),
          until: v.optional(v.pipe(time, v.description('When the last order was placed.'))),
          picked: v.pipe(v.boolean(), v.description('Whether options or weights were picked on the same orders.')),
          trees: v.optional(
            v.pipe(
              v.boolean(),
              v.description('Whether lists have the trees of the model; if not, it finds more. Absent without trees.'),
            ),
          ),
          results: v.array(
            v.object({
              question: v.picklist(['all', 'explore', 'repeat']),
              customers: count,
              model: v.object(lists),
              baselines: v.array(
                v.object({
                  ...{ name: v.string(), ...lists },
                  gain: v.pipe(
                    v.object(lists),
                    v.description("The model's lists less these, over the same customers."),
                  ),
                }),
              ),
            }),
          ),
        }),
        v.description(
          'What lists find of held-out orders, next to best-sellers and other simple lists; absent if it was not measured.',
        ),
      ),
    ),
    repeat_trees: v.optional(
      v.pipe(
        v.object({ kept: v.boolean(), customers: count, gain: number(), error: number(), as_of: v.optional(time) }),
        v.description('Trees for products bought before: whether the model has them, and what lists gained by them.'),
      ),
    ),
    imported: v.optional(
      v.pipe(
        v.object({
          from: v.picklist(['spark', 'implicit', 'csv', 'endcap']),
          customers: v.pipe(count, v.description('Customers who came with factors.')),
          products: count,
          weights: v.optional(v.picklist(['learned', 'kept', 'given', 'fast', 'too_few'])),
        }),
        v.description('The system that trained the factors; absent if Endcap did.'),
      ),
    ),
    losses: v.pipe(v.array(number()), v.description('Training loss after each epoch; none of factors from elsewhere.')),
    fingerprint: v.pipe(v.string(), v.description('SHA-256 of the cleaned orders.')),
    account: v.pipe(
      v.object({
        read: count,
        kept: count,
        purchases: count,
        returns: count,
        dropped: v.pipe(record(v.string(), count), v.description('Records dropped, by reason.')),
        columns: v.pipe(record(v.string(), v.string()), v.description('The column that each role was read from.')),
        first_purchase: v.optional(time),
        last_purchase: v.optional(time),
      }),
      v.description('Where every order record went: read = kept + the sum of dropped.'),
    ),
    kernel: v.object({ training: kernelAnswer, serving: kernelAnswer }),
  }),
  v.metadata({ id: 'ModelAnswer' }),
);

type ModelAnswer = v.InferOutput<typeof modelAnswer>;

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
    imported: aboutImported(metadata),
    losses: [...metadata.losses],
    fingerprint: metadata.fingerprint,
    account: aboutAccount(model),
    kernel: { training: aboutKernel(metadata.kernel), serving: aboutKernel(kernel) },
  };
}

/** Without the backends that failed to load: their reasons may name paths of this machine. */
export function aboutKernel({
  backend,
  isa,
  threads,
}: v.InferOutput<typeof kernelAnswer>): v.InferOutput<typeof kernelAnswer> {
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

function aboutImported({ imported }: ModelMetadata): ModelAnswer['imported'] {
  if (!imported) return undefined;
  const { from, customers, products, weights } = imported;
  return { from, customers, products, ...(weights && { weights }) };
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
