/** The answers to what a shop writes, and what it has of a customer. */
import * as v from 'valibot';
import { int, number } from '../../live/schemas.ts';
import { version } from '../answers/answers.ts';

const accepted = (what: string) => v.pipe(int(), v.minValue(0), v.description(`The ${what} that were written.`));
const unknownProducts = v.pipe(
  v.array(v.string()),
  v.description('Products that the model does not know, each once. They are kept, and count once a model knows them.'),
);

export const productsAnswer = v.pipe(
  v.object({ accepted: accepted('products'), unknown_products: unknownProducts }),
  v.metadata({
    id: 'ProductsAnswer',
    examples: [{ accepted: 1, unknown_products: [] }],
  }),
);

export const purchasesAnswer = v.pipe(
  v.object({
    accepted: accepted('lines'),
    duplicates: v.pipe(int(), v.minValue(0), v.description('The lines that were there before.')),
    unknown_products: unknownProducts,
  }),
  v.metadata({ id: 'PurchasesAnswer', examples: [{ accepted: 2, duplicates: 0, unknown_products: ['P9'] }] }),
);

export const erasedAnswer = v.pipe(
  v.object({
    user_id: v.string(),
    purchases: v.pipe(int(), v.minValue(0), v.description('Lines that were removed.')),
    in_model: v.pipe(
      v.boolean(),
      v.description(
        'Whether a file of a model, that of an arm of an experiment included, still has them. False once it is written without them; true if that takes longer than five seconds, or fails: it is then tried again until it works. Lists have nothing of them either way.',
      ),
    ),
  }),
  v.metadata({ id: 'ErasedAnswer', examples: [{ user_id: '10000', purchases: 3, in_model: false }] }),
);

export const customerAnswer = v.pipe(
  v.object({
    user_id: v.string(),
    purchases: v.pipe(
      v.array(
        v.object({
          order_id: v.string(),
          product_id: v.string(),
          quantity: int(),
          time: v.pipe(v.string(), v.isoTimestamp()),
          recommendation_id: v.optional(v.string()),
        }),
      ),
      v.description('What the store has, newest first.'),
    ),
    next: v.optional(
      v.pipe(
        v.string(),
        v.description('There is more: what `next` of the following request is to be. Absent at the end.'),
      ),
    ),
    lists: v.pipe(
      v.array(
        v.object({
          recommendation_id: v.string(),
          time: v.pipe(v.string(), v.isoTimestamp()),
          kind: v.pipe(v.string(), v.description('`recommend`, `similar`, or `bought-together`.')),
          product_ids: v.array(v.string()),
          scenario: v.optional(v.string()),
          source: v.optional(v.string()),
          model: version,
          experiment: v.optional(v.string()),
          arm: v.optional(v.string()),
        }),
      ),
      v.description('The lists that were shown to them, as far as these are kept, newest first.'),
    ),
    model: v.optional(
      v.pipe(
        v.object({ version, products: v.array(v.object({ product_id: v.string(), quantity: number() })) }),
        v.description('What the model has of them; absent if it does not know them.'),
      ),
    ),
  }),
  v.metadata({
    id: 'CustomerAnswer',
    examples: [
      {
        user_id: 'ann',
        purchases: [{ order_id: 'W2', product_id: 'P4', quantity: 1, time: '2026-01-31T12:00:00.000Z' }],
        lists: [
          {
            ...{ recommendation_id: 'PADt4-0r9q_KZtcm2WvM', time: '2026-01-31T11:58:00.000Z', kind: 'recommend' },
            ...{ product_ids: ['P4', 'P17'], source: 'personal', model: '6a1f09c2d4b8e375' },
          },
        ],
      },
    ],
  }),
);
