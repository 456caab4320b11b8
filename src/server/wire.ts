/**
 * What goes over the wire: the request bodies, checked on arrival, and the answers, of which the OpenAPI document is
 * made. Names are snake_case here and nowhere else. An `error` text says what was expected; `failures.ts` puts the
 * field before it.
 */
import * as z from 'zod';

const MAX_RECOMMENDATIONS = 1000;
const MAX_BASKET_LINES = 1000;
const MAX_FILTER_IDS = 10_000;
const MAX_QUANTITY = 1_000_000;

/** Ids are text everywhere; a whole number stands for its digits, so 10000 and "10000" are the same id. */
const idOf = (what: string, name: string) => {
  const error = `${what} id: text that is not empty, or a whole number of at most 2^53 - 1`;
  return z.union([z.string().min(1, error), z.int({ error }).min(Number.MIN_SAFE_INTEGER, error)], { error }).meta({
    id: name,
    description: `A ${what.replace(/^an? /, '')} id. A number stands for its digits: 10000 and "10000" are the same id.`,
  });
};
const customerId = idOf('a customer', 'CustomerId');
const productId = idOf('a product', 'ProductId');

const wholeNumber = (max: number) => {
  const error = `a whole number from 1 to ${max}`;
  return z.int({ error }).min(1, error).max(max, error);
};

const listOf = <Item extends z.ZodType>(item: Item, max: number, what: string) => {
  const error = `a list of at most ${max} ${what}`;
  return z.array(item, { error }).max(max, error);
};

/** An object with these fields and no other, so that a mistyped field is told and not ignored. */
const exactly = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `one of ${Object.keys(shape).join(', ')}`
        : `a JSON object with fields of ${Object.keys(shape).join(', ')}`,
  });

const filters = {
  num_recommendations: wholeNumber(MAX_RECOMMENDATIONS).default(5).meta({ description: 'Length of the list.' }),
  allow: listOf(productId, MAX_FILTER_IDS, 'product ids')
    .optional()
    .meta({ description: 'Only these products. Ids that the model does not know are skipped.' }),
  deny: listOf(productId, MAX_FILTER_IDS, 'product ids').optional().meta({ description: 'Never these products.' }),
};

const basketLine = z
  .union([productId, exactly({ product: productId, quantity: wholeNumber(MAX_QUANTITY).default(1) })], {
    error: 'a product id or {"product": id, "quantity": whole number}',
  })
  .meta({ id: 'BasketLine' });

const SHARE = 'a number from 0 to 1';
const CUSTOMER_OR_BASKET = 'a customer id, unless there is a basket';

export const recommendRequest = exactly({
  user_id: customerId.optional().meta({
    description: 'The customer. With a basket it may be left out; if given, what it bought before counts too.',
  }),
  num_recommendations: filters.num_recommendations,
  basket: listOf(basketLine, MAX_BASKET_LINES, 'basket lines').optional().meta({
    description: 'What is in the basket now. An empty one is as good as none.',
  }),
  purchased: z.enum(['allow', 'exclude', 'only'], { error: '"allow", "exclude" or "only"' }).optional().meta({
    description:
      'What to do with products that the customer bought before: allow them, exclude them, or list only them. By default they are allowed; with a basket, products in it are left out.',
  }),
  allow: filters.allow,
  deny: filters.deny,
  diversity: z
    .number({ error: SHARE })
    .min(0, SHARE)
    .max(1, SHARE)
    .optional()
    .meta({ description: '0 for the best products, 1 for those least like one another; 0 by default.' }),
  per_category: wholeNumber(MAX_RECOMMENDATIONS)
    .optional()
    .meta({ description: 'The most products of a category; any number by default.' }),
  explain: z
    .boolean({ error: 'true or false' })
    .default(false)
    .meta({ description: 'Whether each product says why it is in the list.' }),
})
  .refine(({ user_id, basket }) => user_id !== undefined || basket !== undefined, {
    path: ['user_id'],
    error: CUSTOMER_OR_BASKET,
  })
  .meta({
    id: 'RecommendRequest',
    anyOf: [{ required: ['user_id'] }, { required: ['basket'] }],
    examples: [
      { user_id: '10000', num_recommendations: 3 },
      { basket: ['P17', { product: 'P4', quantity: 2 }], deny: ['P9'] },
      { user_id: '10000', diversity: 0.3, per_category: 2, explain: true },
    ],
  });

export const similarRequest = exactly({ product_id: productId, ...filters }).meta({
  id: 'SimilarRequest',
  examples: [{ product_id: 'P17', num_recommendations: 3 }],
});

export const togetherRequest = exactly({ product_id: productId, ...filters }).meta({
  id: 'BoughtTogetherRequest',
  examples: [{ product_id: 'P17', num_recommendations: 3 }],
});

export const similarCustomersRequest = exactly({
  user_id: customerId,
  num_customers: wholeNumber(MAX_RECOMMENDATIONS).default(5).meta({ description: 'Length of the list.' }),
}).meta({ id: 'SimilarCustomersRequest', examples: [{ user_id: '10000', num_customers: 3 }] });

const text = z.string().meta({ description: 'A few words in English.' });

const reason = z
  .union([
    z.object({
      kind: z.literal('habit'),
      orders: z.int().min(1),
      of: z.int().min(1).meta({ description: "How many of the customer's last orders are spoken of." }),
      text,
    }),
    z.object({
      kind: z.literal('taste'),
      products: z.array(
        z.object({
          product: z.string(),
          share: z.number().meta({ description: 'Of the taste; over all purchases the shares sum to 1.' }),
        }),
      ),
      text,
    }),
    z.object({
      kind: z.literal('trend'),
      orders: z.number().meta({ description: 'That hold the product.' }),
      days: z.number().optional().meta({ description: 'Of which the orders are; absent for all there are.' }),
      text,
    }),
  ])
  .meta({ id: 'Reason' });

const explanation = z
  .object({
    parts: z
      .object({ taste: z.number(), habit: z.number(), trend: z.number() })
      .meta({ description: 'What the score is made of; their sum.' }),
    reasons: z.array(reason),
    text: z.string().meta({ description: 'The reasons as a sentence; empty where there is none.' }),
  })
  .meta({ id: 'Explanation' });

const product = {
  product: z.string(),
  name: z.string().optional(),
  category: z.string().optional(),
};

const recommendation = z
  .object({
    ...product,
    score: z.number().meta({ description: 'Higher is better; comparable within one answer only.' }),
    explanation: explanation.optional().meta({ description: 'Where it was asked for.' }),
  })
  .meta({ id: 'Recommendation' });

const version = z.string().meta({ description: 'Version of the model that answered.' });

const exampleList = [
  { product: 'P17', name: 'Oak tray', category: 'Kitchen', score: 1.25 },
  { product: 'P4', name: 'Linen napkin', category: 'Kitchen', score: 0.75 },
];

export const recommendAnswer = z
  .object({
    user_id: z.string().nullable().meta({ description: 'The customer asked for; null for a basket without one.' }),
    recommendations: z.array(recommendation).meta({ description: 'Best first.' }),
    source: z.enum(['personal', 'basket', 'popular']).meta({
      description: "Whether this is the customer's own list, the basket's, or what everybody buys.",
    }),
    model: version,
  })
  .meta({
    id: 'RecommendAnswer',
    examples: [{ user_id: '10000', recommendations: exampleList, source: 'personal', model: '6a1f09c2d4b8e375' }],
  });

export const similarAnswer = z
  .object({ product_id: z.string(), recommendations: z.array(recommendation), model: version })
  .meta({
    id: 'SimilarAnswer',
    examples: [{ product_id: 'P9', recommendations: exampleList, model: '6a1f09c2d4b8e375' }],
  });

export const togetherAnswer = z
  .object({
    product_id: z.string(),
    recommendations: z
      .array(
        z.object({
          ...product,
          lift: z.number().meta({ description: 'How many times as often as by chance an order holds both.' }),
          orders: z.int().min(1).meta({ description: 'Orders that hold both.' }),
        }),
      )
      .meta({ description: 'The surest first.' }),
    model: version,
  })
  .meta({
    id: 'BoughtTogetherAnswer',
    examples: [
      {
        product_id: 'P9',
        recommendations: [{ product: 'P17', name: 'Oak tray', category: 'Kitchen', lift: 5.8, orders: 411 }],
        model: '6a1f09c2d4b8e375',
      },
    ],
  });

export const similarCustomersAnswer = z
  .object({
    user_id: z.string(),
    customers: z
      .array(z.object({ user_id: z.string(), score: z.number().meta({ description: 'Cosine of the embeddings.' }) }))
      .meta({ description: 'Most alike first; the customer is left out.' }),
    model: version,
  })
  .meta({
    id: 'SimilarCustomersAnswer',
    examples: [{ user_id: '10000', customers: [{ user_id: '10017', score: 0.93 }], model: '6a1f09c2d4b8e375' }],
  });

const kernel = z.object({ backend: z.string(), isa: z.string(), threads: z.int().min(1) }).meta({ id: 'Kernel' });
const count = z.int().min(0);
const time = z.string().meta({ format: 'date-time' });

const accuracy = z.object({ recall: z.number(), ndcg: z.number() });

export const modelAnswer = z
  .object({
    version,
    algorithm: z.enum(['als', 'quantity']),
    factors: count.meta({ description: 'Length of one embedding.' }),
    customers: count,
    products: count,
    pairs: count.meta({ description: 'Distinct customer-product pairs.' }),
    endcap: z.string().meta({ description: 'The endcap version that trained the model.' }),
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
        decay: z.number(),
        window_days: z.number(),
      })
      .optional()
      .meta({ description: 'The weights of a score, the decay of orders and the days of the trend.' }),
    choice: z
      .object({
        held_out: z.enum(['orders', 'products']).meta({ description: 'What the options were tried on.' }),
        customers: count.meta({ description: 'Customers that were measured.' }),
        tried: z.array(
          z.object({
            regularization: z.number(),
            unobserved_weight: z.number(),
            taste_decay: z.number().optional(),
            all: accuracy.optional(),
            explore: accuracy.optional().meta({ description: 'Of products that were new to the customer.' }),
          }),
        ),
        beats_defaults: z.boolean().optional().meta({
          description: 'Whether the best of those tried was better than the defaults by more than the noise.',
        }),
        learned: z.boolean().meta({ description: 'Whether the weights of the ranking were learned there too.' }),
      })
      .optional()
      .meta({ description: 'How options were chosen; absent where none was.' }),
    unchosen: z
      .enum(['given', 'too_few'])
      .optional()
      .meta({ description: 'Why none was: all were given, or too few customers bought enough to try options on.' }),
    losses: z.array(z.number()).meta({ description: 'Training loss after each epoch.' }),
    fingerprint: z.string().meta({ description: 'SHA-256 of the cleaned orders.' }),
    account: z
      .object({
        read: count,
        kept: count,
        purchases: count,
        returns: count,
        dropped: z.record(z.string(), count).meta({ description: 'Rows dropped, by reason.' }),
        columns: z.record(z.string(), z.string()).meta({ description: 'The column that each role was read from.' }),
        first_purchase: time.optional(),
        last_purchase: time.optional(),
      })
      .meta({ description: 'Where every row of the orders went: read = kept + the sum of dropped.' }),
    kernel: z.object({ training: kernel, serving: kernel }),
  })
  .meta({ id: 'ModelAnswer' });

export const failureAnswer = z
  .object({
    error: z.object({
      code: z.string().meta({ description: 'For programs; does not change.' }),
      message: z.string().meta({ description: 'For people; may change.' }),
      details: z.record(z.string(), z.unknown()),
    }),
  })
  .meta({ id: 'Failure' });
