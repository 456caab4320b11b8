import type { Context, Hono, MiddlewareHandler } from 'hono';
import * as v from 'valibot';
import type { CatalogueReport } from '../../live/catalogue-file/load.ts';
import { int, record } from '../../live/schemas.ts';
import type { ServingShop } from '../../live/types.ts';
import { version } from '../answers/answers.ts';
import { describeRoute } from '../document.ts';
import { noModel } from '../failures.ts';
import { accessFailures, answer, failure, refer, retryAfter, security } from '../openapi.ts';

const count = v.pipe(int(), v.minValue(0));

const reloadAnswer = v.pipe(
  v.object({
    model: v.optional(
      v.pipe(
        v.object({ version, before: version }),
        v.description('The model that answers from now on, and the one before; absent if the file has the same one.'),
      ),
    ),
    catalogue: v.optional(
      v.object({
        platform: v.optional(
          v.pipe(v.string(), v.description('The shop platform whose export it is, if it is recognized.')),
        ),
        columns: v.pipe(
          record(v.string(), v.array(v.string())),
          v.description('The columns that were read, by what they say; `product` is that of the ids.'),
        ),
        records: v.pipe(count, v.description('Lines, without the header.')),
        products: count,
        known: v.pipe(count, v.description('Those that the model knows.')),
        listed: v.pipe(count, v.description('Those of them that can be bought.')),
        changed: v.pipe(
          count,
          v.description('Products of which the file says something else than before: this was written.'),
        ),
        removed: v.pipe(count, v.description('Products that the file no longer has.')),
        not_in_file: v.pipe(
          count,
          v.description('Products of the model that the file does not have, and no list has.'),
        ),
        faults: v.pipe(
          record(
            v.string(),
            v.object({
              records: count,
              examples: v.pipe(v.array(v.object({ line: count, value: v.string() })), v.maxLength(5)),
            }),
          ),
          v.description('What was left out, by reason: how many lines, and the first of them.'),
        ),
      }),
    ),
    scenarios: v.optional(
      v.pipe(
        v.object({ scenarios: count, rules: count, experiments: count }),
        v.description('How many there are now.'),
      ),
    ),
  }),
  v.metadata({
    id: 'ReloadAnswer',
    examples: [
      {
        model: { version: 'd93477e4bea0bb14', before: '5b1cf6d8a1f04e27' },
        catalogue: {
          platform: 'Shopify',
          columns: {
            product: ['Variant SKU'],
            name: ['Title'],
            price: ['Variant Price'],
            stock: ['Variant Inventory Qty'],
          },
          records: 420,
          products: 310,
          known: 251,
          listed: 239,
          changed: 12,
          removed: 1,
          not_in_file: 34,
          faults: { 'unreadable price': { records: 1, examples: [{ line: 97, value: 'on request' }] } },
        },
      },
    ],
  }),
);

const describe = describeRoute({
  operationId: 'reload',
  security,
  summary: 'Reads the files of the shop again',
  description:
    'Lets another model answer if there is one in the model\u2019s file, and writes what changed in the product file since it was read last. One reload runs at a time, and those who ask meanwhile share the next one.',
  parameters: [
    {
      name: 'accept_loss',
      in: 'query',
      description:
        'Takes a product file that leaves fewer than half of the listed products, and a model that knows fewer than half of the products or customers of the one that answers.',
      schema: { type: 'boolean', default: false },
    },
  ],
  responses: {
    ...answer('They are read, and count.', reloadAnswer),
    400: failure(
      'There is no file to read, or `accept_loss` is neither true nor false.',
      'invalid_options',
      'there is no file to read again',
    ),
    ...accessFailures,
    409: failure(
      'The product file leaves fewer than half of the listed products (`catalogue_lost`): the catalogue is as it was. Or the model knows fewer than half of the products or customers of the one before (`model_lost`), or finds less of the newest purchases (`model_worse`): the one before answers on.',
      'catalogue_lost',
      'products.csv would leave 3 of the 239 products that it listed',
      { before: 239, after: 3 },
    ),
    422: failure(
      'The product file is missing, broken, or has none of the model\u2019s products (`catalogue_unreadable`), the file of scenarios is missing or wrong (`scenarios_unreadable`), or that of the model is missing or damaged (`model_unreadable`). What that file said before stays.',
      'catalogue_unreadable',
      'products.csv does not exist; check the path',
      { file: 'products.csv' },
    ),
    500: refer('Internal'),
    503: {
      ...failure('The store fails, or no model is loaded yet.', 'store_failed', 'the store cannot be written'),
      headers: retryAfter,
    },
  },
});

/** A large file takes longer than requests do, so that there is no deadline. */
export function addReload(app: Hono, shop: () => ServingShop | undefined, administering: MiddlewareHandler): void {
  app.post('/admin/reload', describe, administering, async (c: Context) => {
    const current = shop();
    if (!current) return noModel(c);
    const said = c.req.query('accept_loss') ?? 'false';
    // The shop refuses what is neither.
    const acceptLoss = (said === 'true' || (said === 'false' ? false : said)) as boolean;
    const { model, catalogue, scenarios } = await current.reload({ acceptLoss });
    return c.json<v.InferOutput<typeof reloadAnswer>>({
      ...(model && { model: { version: model.version, before: model.before } }),
      ...(catalogue && { catalogue: onWire(catalogue) }),
      ...(scenarios && {
        scenarios: { scenarios: scenarios.scenarios, rules: scenarios.rules, experiments: scenarios.experiments },
      }),
    });
  });
}

function onWire({ file: _, notInFile, ...report }: CatalogueReport) {
  return { ...report, columns: { ...report.columns } as Record<string, string[]>, not_in_file: notInFile };
}
