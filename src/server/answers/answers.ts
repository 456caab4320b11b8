/** The answers, as TypeScript shapes and as the schemas of the OpenAPI document. Names are snake_case on the wire. */
import * as z from 'zod';
import { maxNamed } from '../requests/ids.ts';
import { said } from './fields.ts';

const text = z.string().meta({ description: 'A phrase in English.' });

const sharesOf = (what: string) =>
  z.array(
    z.object({
      product: z.string(),
      share: z.number().meta({
        description: `Share of the ${what}, with seven digits; over all purchases the shares sum to 1.`,
      }),
    }),
  );

const reason = z
  .union([
    z.object({
      kind: z.literal('habit'),
      orders: z.int().min(1).meta({ description: 'How many of these orders contain the product.' }),
      of: z.int().min(1).meta({ description: "How many of the customer's latest orders are considered." }),
      text,
    }),
    z.object({
      kind: z.literal('taste'),
      products: sharesOf('taste'),
      text,
    }),
    z.object({
      kind: z.literal('neighbours'),
      products: sharesOf('strengths that the product has as a neighbour of what was bought'),
      text,
    }),
    z.object({
      kind: z.literal('trend'),
      orders: z.number().meta({ description: 'Orders that contain the product.' }),
      days: z.number().optional().meta({ description: 'The last days counted; absent if all orders are counted.' }),
      text,
    }),
    z.object({ kind: z.enum(['boost', 'pin']), text }),
  ])
  .meta({ id: 'Reason' });

const explanation = z
  .object({
    parts: z
      .object({
        ...{ taste: z.number(), neighbours: z.number().optional(), habit: z.number(), trend: z.number() },
        boost: z.number().optional(),
      })
      .meta({
        description:
          'The parts of the score, each with seven digits; they sum to it. A ranking without neighbours has no such part, and a list without boosts none of these.',
      }),
    reasons: z.array(reason),
    text: z.string().meta({ description: 'The reasons as one sentence; empty if there are none.' }),
  })
  .meta({ id: 'Explanation' });

const product = {
  product: z.string(),
  name: z.string().optional(),
  category: z.string().optional(),
  ...said.shape,
};

const recommendation = z
  .object({
    ...product,
    score: z.number().meta({
      description:
        'Higher is better. Comparable within one answer only. Of new products, when the shop first said them, in milliseconds since 1970.',
    }),
    explanation: explanation.optional().meta({ description: 'Present if the request asked for it.' }),
  })
  .meta({ id: 'Recommendation' });

const recommendationId = z.string().max(24).meta({
  pattern: '^[\\w-]+$',
  description:
    'The id of this list. A purchase that names it as its recommendation_id is attributed to it, if the customer was shown it and it holds the product. It says when the list was made and of which kind it is; see the documentation.',
});

export const version = z.string().meta({ description: 'Version of the model that answered.' });

const exampleId = 'PADt4-0r9q_KZtcm2WvM';
const exampleVersion = '6a1f09c2d4b8e375';
const exampleList = [
  { product: 'P17', name: 'Oak tray', category: 'Kitchen', score: 1.25 },
  { product: 'P4', name: 'Linen napkin', category: 'Kitchen', score: 0.75 },
];

const idsOf = (what: string) =>
  z
    .array(z.string())
    .min(1)
    .max(maxNamed)
    .optional()
    .meta({ description: `Unknown ${what}, as sent, each once.` });

const unknown = z
  .object({
    user_id: idsOf('customers'),
    basket: idsOf('products of the basket'),
    allow: idsOf('products'),
    deny: idsOf('products'),
    pin: idsOf('products'),
    more: z
      .record(z.string(), z.int().min(1))
      .optional()
      .meta({ description: `By field, how many unknown ids there are besides the ${maxNamed} that are named.` }),
  })
  .meta({
    id: 'UnknownIds',
    description: 'Ids of the request that the model does not know; they have no effect. Absent if it knows them all.',
  })
  .optional();

export const recommendAnswer = z
  .object({
    user_id: z.string().nullable().meta({ description: 'The customer of the request; null for a basket without one.' }),
    recommendations: z.array(recommendation).meta({ description: 'Best first.' }),
    recommendation_id: recommendationId,
    experiment: z.object({ name: z.string(), arm: z.string() }).optional().meta({
      description:
        'The experiment that the list is part of, and the arm that the customer is in; see GET /experiments. Of a shop only.',
    }),
    source: z.enum(['personal', 'personal-new', 'basket', 'popular', 'too-early', 'new']).meta({
      description:
        'What the list is based on: the purchases of this customer; the same, without what they bought, because nobody buys a product twice here; the basket; what sells best; what sells best and what they bought, because there are too few orders to know tastes; or what the catalogue has and the model does not know.',
    }),
    unknown,
    model: version,
  })
  .meta({
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
  });

export const similarAnswer = z
  .object({
    product_id: z.string(),
    recommendations: z.array(recommendation),
    recommendation_id: recommendationId,
    unknown,
    model: version,
  })
  .meta({
    id: 'SimilarAnswer',
    examples: [{ product_id: 'P9', recommendations: exampleList, recommendation_id: exampleId, model: exampleVersion }],
  });

export const boughtTogetherAnswer = z
  .object({
    product_id: z.string(),
    recommendations: z
      .array(
        z.object({
          ...product,
          lift: z.number().meta({
            description:
              'How many times more often than by chance an order contains both; 0 for a pinned product without evidence.',
          }),
          orders: z.int().min(0).meta({ description: 'Orders that contain both; 0 for the same.' }),
        }),
      )
      .meta({ description: 'Strongest evidence first.' }),
    recommendation_id: recommendationId,
    unknown,
    model: version,
  })
  .meta({
    id: 'BoughtTogetherAnswer',
    examples: [
      {
        product_id: 'P9',
        recommendations: [{ product: 'P17', name: 'Oak tray', category: 'Kitchen', lift: 5.8, orders: 411 }],
        recommendation_id: exampleId,
        model: exampleVersion,
      },
    ],
  });

export const similarCustomersAnswer = z
  .object({
    user_id: z.string(),
    customers: z
      .array(
        z.object({
          user_id: z.string(),
          score: z.number().meta({ description: 'Cosine of the embeddings, at most 1.' }),
        }),
      )
      .meta({ description: 'Most similar first, without the customer of the request.' }),
    model: version,
  })
  .meta({
    id: 'SimilarCustomersAnswer',
    examples: [{ user_id: '10000', customers: [{ user_id: '10017', score: 0.93 }], model: exampleVersion }],
  });

export const liveAnswer = z.object({ status: z.literal('live') });
export const readyAnswer = z.object({
  status: z.literal('ready'),
  model: version,
  store: z
    .enum(['works', 'fails'])
    .optional()
    .meta({ description: 'Of a shop with a store. While it fails, lists go on, and purchases are a 503.' }),
});

export const failureAnswer = z
  .object({
    error: z.object({
      code: z.string().meta({ description: 'For programs; does not change.' }),
      message: z.string().meta({ description: 'For people; may change.' }),
      details: z.record(z.string(), z.unknown()),
    }),
  })
  .meta({ id: 'Failure' });
