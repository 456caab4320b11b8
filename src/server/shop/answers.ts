/** The answers to what a shop writes, and what it has of a customer. */
import * as z from 'zod';
import { version } from '../answers/answers.ts';

const accepted = (what: string) =>
  z
    .int()
    .min(0)
    .meta({ description: `The ${what} that were written.` });
const unknownProducts = z.array(z.string()).meta({
  description: 'Products that the model does not know, each once. They are kept, and count once a model knows them.',
});

export const productsAnswer = z.object({ accepted: accepted('products'), unknown_products: unknownProducts }).meta({
  id: 'ProductsAnswer',
  examples: [{ accepted: 1, unknown_products: [] }],
});

export const purchasesAnswer = z
  .object({
    accepted: accepted('lines'),
    duplicates: z.int().min(0).meta({ description: 'The lines that were there before.' }),
    unknown_products: unknownProducts,
  })
  .meta({ id: 'PurchasesAnswer', examples: [{ accepted: 2, duplicates: 0, unknown_products: ['P9'] }] });

export const erasedAnswer = z
  .object({
    user_id: z.string(),
    purchases: z.int().min(0).meta({ description: 'Lines that were removed.' }),
    in_model: z.boolean().meta({
      description:
        'Whether a file of a model, that of an arm of an experiment included, still has them. False once it is written without them; true if that takes longer than five seconds, or fails: it is then tried again until it works. Lists have nothing of them either way.',
    }),
  })
  .meta({ id: 'ErasedAnswer', examples: [{ user_id: '10000', purchases: 3, in_model: false }] });

export const customerAnswer = z
  .object({
    user_id: z.string(),
    purchases: z.array(
      z.object({
        order_id: z.string(),
        product_id: z.string(),
        quantity: z.int(),
        time: z.iso.datetime(),
        recommendation_id: z.string().optional(),
      }),
    ),
    lists: z
      .array(
        z.object({
          recommendation_id: z.string(),
          time: z.iso.datetime(),
          kind: z.string().meta({ description: '`recommend`, `similar`, or `bought-together`.' }),
          product_ids: z.array(z.string()),
          scenario: z.string().optional(),
          source: z.string().optional(),
          model: version,
          experiment: z.string().optional(),
          arm: z.string().optional(),
        }),
      )
      .meta({ description: 'The lists that were shown to them, as far as these are kept, newest first.' }),
    model: z
      .object({ version, products: z.array(z.object({ product_id: z.string(), quantity: z.number() })) })
      .optional()
      .meta({ description: 'What the model has of them; absent if it does not know them.' }),
  })
  .meta({
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
  });
