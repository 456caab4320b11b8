/** The answers, as TypeScript shapes and as the schemas of the OpenAPI document. Names are snake_case on the wire. */
import * as v from 'valibot';
import { int, number, record } from '../../live/schemas.ts';
import { maxNamed } from '../requests/ids.ts';
import { said } from './fields.ts';

const text = v.pipe(v.string(), v.description('A phrase in English.'));

const sharesOf = (what: string) =>
  v.array(
    v.object({
      product: v.string(),
      share: v.pipe(
        number(),
        v.description(`Share of the ${what}, with seven digits; over all purchases the shares sum to 1.`),
      ),
    }),
  );

const reason = v.pipe(
  v.union([
    v.object({
      kind: v.literal('habit'),
      orders: v.pipe(int(), v.minValue(1), v.description('How many of these orders contain the product.')),
      of: v.pipe(int(), v.minValue(1), v.description("How many of the customer's latest orders are considered.")),
      text,
    }),
    v.object({
      kind: v.literal('taste'),
      products: sharesOf('taste'),
      text,
    }),
    v.object({
      kind: v.literal('neighbours'),
      products: sharesOf('strengths that the product has as a neighbour of what was bought'),
      text,
    }),
    v.object({
      kind: v.literal('trend'),
      orders: v.pipe(number(), v.description('Orders that contain the product.')),
      days: v.optional(v.pipe(number(), v.description('The last days counted; absent if all orders are counted.'))),
      text,
    }),
    v.object({ kind: v.picklist(['boost', 'pin']), text }),
  ]),
  v.metadata({ id: 'Reason' }),
);

const explanation = v.pipe(
  v.object({
    parts: v.pipe(
      v.object({
        ...{ taste: number(), neighbours: v.optional(number()), habit: number(), trend: number() },
        boost: v.optional(number()),
      }),
      v.description(
        'The parts of the score, each with seven digits; they sum to it. A ranking without neighbours has no such part, and a list without boosts none of these.',
      ),
    ),
    reasons: v.array(reason),
    text: v.pipe(v.string(), v.description('The reasons as one sentence; empty if there are none.')),
  }),
  v.metadata({ id: 'Explanation' }),
);

const product = {
  product: v.string(),
  name: v.optional(v.string()),
  category: v.optional(v.string()),
  ...said.entries,
};

const recommendation = v.pipe(
  v.object({
    ...product,
    score: v.pipe(
      number(),
      v.description(
        'Higher is better. Comparable within one answer only. Of new products, when the shop first said them, in milliseconds since 1970.',
      ),
    ),
    explanation: v.optional(v.pipe(explanation, v.description('Present if the request asked for it.'))),
  }),
  v.metadata({ id: 'Recommendation' }),
);

const recommendationId = v.pipe(
  v.string(),
  v.maxLength(24),
  v.metadata({
    pattern: '^[\\w-]+$',
    description:
      'The id of this list. A purchase that names it as its recommendation_id is attributed to it, if the customer was shown it and it holds the product. It says when the list was made and of which kind it is; see the documentation.',
  }),
);

export const version = v.pipe(v.string(), v.description('Version of the model that answered.'));

const exampleId = 'PADt4-0r9q_KZtcm2WvM';
const exampleVersion = '6a1f09c2d4b8e375';
const exampleList = [
  { product: 'P17', name: 'Oak tray', category: 'Kitchen', score: 1.25 },
  { product: 'P4', name: 'Linen napkin', category: 'Kitchen', score: 0.75 },
];

const idsOf = (what: string) =>
  v.optional(
    v.pipe(
      v.array(v.string()),
      v.minLength(1),
      v.maxLength(maxNamed),
      v.description(`Unknown ${what}, as sent, each once.`),
    ),
  );

const unknown = v.optional(
  v.pipe(
    v.object({
      user_id: idsOf('customers'),
      basket: idsOf('products of the basket'),
      allow: idsOf('products'),
      deny: idsOf('products'),
      pin: idsOf('products'),
      more: v.optional(
        v.pipe(
          record(v.string(), v.pipe(int(), v.minValue(1))),
          v.description(`By field, how many unknown ids there are besides the ${maxNamed} that are named.`),
        ),
      ),
    }),
    v.metadata({
      id: 'UnknownIds',
      description: 'Ids of the request that the model does not know; they have no effect. Absent if it knows them all.',
    }),
  ),
);

export const recommendAnswer = v.pipe(
  v.object({
    user_id: v.pipe(
      v.nullable(v.string()),
      v.description('The customer of the request; null for a basket without one.'),
    ),
    recommendations: v.pipe(v.array(recommendation), v.description('Best first.')),
    recommendation_id: recommendationId,
    experiment: v.optional(
      v.pipe(
        v.object({ name: v.string(), arm: v.string() }),
        v.description(
          'The experiment that the list is part of, and the arm that the customer is in; see GET /experiments. Of a shop only.',
        ),
      ),
    ),
    source: v.pipe(
      v.picklist(['personal', 'personal-new', 'basket', 'popular', 'too-early', 'new']),
      v.description(
        'What the list is based on: the purchases of this customer; the same, without what they bought, because nobody buys a product twice here; the basket; what sells best; what sells best and what they bought, because there are too few orders to know tastes; or what the catalogue has and the model does not know.',
      ),
    ),
    unknown,
    model: version,
  }),
  v.metadata({
    id: 'RecommendAnswer',
    examples: [
      {
        ...{ user_id: '10000', recommendations: exampleList, recommendation_id: exampleId, source: 'personal' },
        model: exampleVersion,
      },
      {
        ...{ user_id: null, recommendations: exampleList, recommendation_id: exampleId, source: 'basket' },
        ...{ unknown: { basket: ['P9'] }, model: exampleVersion },
      },
    ],
  }),
);

export const similarAnswer = v.pipe(
  v.object({
    product_id: v.string(),
    recommendations: v.array(recommendation),
    recommendation_id: recommendationId,
    unknown,
    model: version,
  }),
  v.metadata({
    id: 'SimilarAnswer',
    examples: [{ product_id: 'P9', recommendations: exampleList, recommendation_id: exampleId, model: exampleVersion }],
  }),
);

export const boughtTogetherAnswer = v.pipe(
  v.object({
    product_id: v.string(),
    recommendations: v.pipe(
      v.array(
        v.object({
          ...product,
          lift: v.pipe(
            number(),
            v.description(
              'How many times more often than by chance an order contains both; 0 for a pinned product without evidence.',
            ),
          ),
          orders: v.pipe(int(), v.minValue(0), v.description('Orders that contain both; 0 for the same.')),
        }),
      ),
      v.description('Strongest evidence first.'),
    ),
    recommendation_id: recommendationId,
    unknown,
    model: version,
  }),
  v.metadata({
    id: 'BoughtTogetherAnswer',
    examples: [
      {
        product_id: 'P9',
        recommendations: [{ product: 'P17', name: 'Oak tray', category: 'Kitchen', lift: 5.8, orders: 411 }],
        recommendation_id: exampleId,
        model: exampleVersion,
      },
    ],
  }),
);

export const similarCustomersAnswer = v.pipe(
  v.object({
    user_id: v.string(),
    customers: v.pipe(
      v.array(
        v.object({
          user_id: v.string(),
          score: v.pipe(number(), v.description('Cosine of the embeddings, at most 1.')),
        }),
      ),
      v.description('Most similar first, without the customer of the request.'),
    ),
    model: version,
  }),
  v.metadata({
    id: 'SimilarCustomersAnswer',
    examples: [{ user_id: '10000', customers: [{ user_id: '10017', score: 0.93 }], model: exampleVersion }],
  }),
);

export const liveAnswer = v.object({ status: v.literal('live') });
export const readyAnswer = v.object({
  status: v.literal('ready'),
  model: version,
  store: v.optional(
    v.pipe(
      v.picklist(['works', 'fails']),
      v.description('Of a shop with a store. While it fails, lists go on, and purchases are a 503.'),
    ),
  ),
});

export const failureAnswer = v.pipe(
  v.object({
    error: v.object({
      code: v.pipe(v.string(), v.description('For programs; does not change.')),
      message: v.pipe(v.string(), v.description('For people; may change.')),
      details: record(v.string(), v.unknown()),
    }),
  }),
  v.metadata({ id: 'Failure' }),
);
