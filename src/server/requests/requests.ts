/**
 * The request bodies: what they may hold, checked on arrival and published in the OpenAPI document. Names are snake_case
 * on the wire and nowhere else. An `error` text says what was expected; `failures.ts` puts the field before it.
 */
import * as v from 'valibot';
import { merchandisingFields } from '../../live/conditions/schemas.ts';
import { fieldsField, mixOfOnly, rulesField } from '../../live/scenarios/schemas.ts';
import { maxRules, wireFields } from '../../live/scenarios/settings.ts';
import { exactly, int, number } from '../../live/schemas.ts';
import { settingName } from '../../live/setting-fields.ts';
import { maxRequestLines } from '../../live/store/store.ts';

/** Shorter than the library's 10,000: one answer is built and sent as JSON on the event loop, while others wait. */
const maxListLength = 1000;
/** What the interface has promised its clients from the start; the library and the command line list 10. */
export const defaultListLength = 5;
const maxBasketLines = 1000;
const maxFilterIds = 10_000;
const maxQuantity = 1_000_000;

/** Ids are text everywhere. A whole number stands for its digits: 10000 and "10000" are the same id. */
const idOf = (what: string, name: string) => {
  const error = `a ${what} id: non-empty text, or a whole number of at most 2^53 - 1; a longer one as text`;
  return v.pipe(
    v.union(
      [v.pipe(v.string(), v.minLength(1, error)), v.pipe(int(error), v.minValue(Number.MIN_SAFE_INTEGER, error))],
      error,
    ),
    v.metadata({
      id: name,
      description: `A ${what} id. A number stands for its digits: 10000 and "10000" are the same id. Ids are cleaned as those of the orders were: " 10000.0 " is 10000 as well.`,
    }),
  );
};
const customerId = idOf('customer', 'CustomerId');
const productId = idOf('product', 'ProductId');

const wholeNumber = (max: number) => {
  const error = `a whole number from 1 to ${max}`;
  return v.pipe(int(error), v.minValue(1, error), v.maxValue(max, error));
};

const listOf = <Item extends v.GenericSchema>(item: Item, max: number, what: string) => {
  const error = `a list of at most ${max} ${what}`;
  return v.pipe(v.array(item, error), v.maxLength(max, error));
};

const listLength = v.optional(
  v.pipe(
    wholeNumber(maxListLength),
    v.metadata({
      default: defaultListLength,
      description:
        'Maximum length of the list. The default of 5 is that of this interface; the library and the command line list 10.',
    }),
  ),
);

const filters = {
  num_recommendations: listLength,
  allow: v.optional(
    v.pipe(
      listOf(productId, maxFilterIds, 'product ids'),
      v.description('List only these products. The answer names those that the model does not know.'),
    ),
  ),
  deny: v.optional(v.pipe(listOf(productId, maxFilterIds, 'product ids'), v.description('Never list these products.'))),
};

/** The scenario that lists what the model does not know: the same for everybody. */
export const newProducts = 'new';

/** What only a shop can answer. */
const ofShop = {
  ...merchandisingFields,
  fields: v.optional(
    v.pipe(
      fieldsField,
      v.description(
        'What the catalogue says of the products, besides their names and categories: each has those of these fields that the shop says. Of a shop only.',
      ),
    ),
  ),
  scenario: v.optional(
    v.pipe(
      settingName,
      v.description(
        'The name of a scenario, which says what the request does not: `home`, `cart`, `buy-again`, `new`, or one of the shop; see GET /scenarios. `new` lists what the catalogue has and the model does not know, newest first; it takes `num_recommendations`, `allow`, `deny`, `filter`, `rules`, and `fields`, and needs no customer. Of a shop only.',
      ),
    ),
  ),
  rules: v.optional(
    v.pipe(
      rulesField,
      v.description('Names of rules that the list keeps to, besides those of its scenario. Of a shop only.'),
    ),
  ),
};

/** The fields of requests that only a shop can answer. */
export const shopFields = Object.keys(ofShop);

const basketLine = v.pipe(
  v.union(
    [productId, exactly({ product: productId, quantity: v.optional(wholeNumber(maxQuantity), 1) })],
    'a product id or {"product": id, "quantity": whole number}',
  ),
  v.metadata({ id: 'BasketLine' }),
);

const isId = (entry: unknown) => (typeof entry === 'string' && entry !== '') || Number.isSafeInteger(entry);

/** The lists of a body: the longest allowed, whether an entry may be right, and whether it then is for sure. */
export const lists: readonly { field: string; max: number; mayHold: (entry: unknown) => boolean; isSure: boolean }[] = [
  { field: 'allow', max: maxFilterIds, mayHold: isId, isSure: true },
  { field: 'deny', max: maxFilterIds, mayHold: isId, isSure: true },
  {
    ...{ field: 'basket', max: maxBasketLines, isSure: false },
    mayHold: (entry) => isId(entry) || typeof entry === 'object',
  },
  { field: 'fields', max: wireFields.length, mayHold: (entry) => typeof entry === 'string', isSure: false },
  { field: 'rules', max: maxRules, mayHold: (entry) => typeof entry === 'string', isSure: false },
  ...['purchases', 'products'].map((field) => ({
    ...{ field, max: maxRequestLines, isSure: false },
    mayHold: (entry: unknown) => typeof entry === 'object',
  })),
];

const share = 'a number from 0 to 1';
const mixed = `a whole number from 0 to ${maxListLength}`;
const customerOrBasket = `a customer id, unless there is a basket, or the scenario ${newProducts}`;

export const recommendRequest = v.pipe(
  exactly({
    user_id: v.optional(
      v.pipe(
        customerId,
        v.description('The customer. Optional with a basket; if given, their earlier purchases count as well.'),
      ),
    ),
    num_recommendations: filters.num_recommendations,
    basket: v.optional(
      v.pipe(
        listOf(basketLine, maxBasketLines, 'basket lines'),
        v.description('What is in the basket now. An empty basket is the same as none.'),
      ),
    ),
    purchased: v.optional(
      v.pipe(
        v.picklist(['allow', 'exclude', 'only'], '"allow", "exclude", or "only"'),
        v.description(
          'What to do with products that the customer bought before: allow them, exclude them, or list only them. The default is "allow", or "exclude" if nobody buys a product twice here; with a basket, the default also leaves out the products in it.',
        ),
      ),
    ),
    allow: filters.allow,
    deny: filters.deny,
    diversity: v.optional(
      v.pipe(
        number(share),
        v.minValue(0, share),
        v.maxValue(1, share),
        v.description(
          '0 lists the best products, 1 those least like one another. By default the best, but in lists of 5 to 50 no more than six of ten names share a word.',
        ),
      ),
    ),
    per_category: v.optional(
      v.pipe(
        wholeNumber(maxListLength),
        v.description('Maximum number of products of one category; unlimited by default.'),
      ),
    ),
    mix: v.optional(
      v.pipe(
        number(mixed),
        v.safeInteger(mixed),
        v.minValue(0, mixed),
        v.maxValue(maxListLength, mixed),
        v.description(
          'How many products, at least, are new to the customer, as far as there are any; more than num_recommendations are as many. Not with `purchased` "only". The default is 0.',
        ),
      ),
    ),
    explain: v.optional(
      v.pipe(
        v.boolean('true or false'),
        v.metadata({ default: false, description: 'Whether to say why each product is in the list.' }),
      ),
    ),
    ...ofShop,
  }),
  v.forward(
    v.check(
      ({ user_id, basket, scenario }) => (user_id ?? basket) !== undefined || scenario === newProducts,
      customerOrBasket,
    ),
    ['user_id'],
  ),
  v.metadata({
    id: 'RecommendRequest',
    anyOf: [
      { required: ['user_id'] },
      { required: ['basket'] },
      { required: ['scenario'], properties: { scenario: { const: newProducts } } },
    ],
    if: { required: ['scenario'], properties: { scenario: { const: newProducts } } },
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    then: {
      properties: Object.fromEntries(
        ['purchased', 'diversity', 'per_category', 'mix', 'explain', 'boost', 'pin'].map((name) => [name, { not: {} }]),
      ),
    },
    not: mixOfOnly,
    examples: [
      { user_id: '10000', num_recommendations: 3 },
      { basket: ['P17', { product: 'P4', quantity: 2 }], deny: ['P9'] },
      { user_id: '10000', diversity: 0.3, per_category: 2, explain: true },
    ],
  }),
);

const shownTo = v.optional(
  v.pipe(
    customerId,
    v.description(
      'The customer who is shown the list, so that a shop can attribute what they buy to it. It changes nothing in the list.',
    ),
  ),
);

export const similarRequest = v.pipe(
  exactly({ product_id: productId, user_id: shownTo, ...filters, ...ofShop }),
  v.metadata({
    id: 'SimilarRequest',
    examples: [{ product_id: 'P17', num_recommendations: 3 }],
  }),
);

export const boughtTogetherRequest = v.pipe(
  exactly({ product_id: productId, user_id: shownTo, ...filters, ...ofShop }),
  v.metadata({
    id: 'BoughtTogetherRequest',
    examples: [{ product_id: 'P17', num_recommendations: 3 }],
  }),
);

export const similarCustomersRequest = v.pipe(
  exactly({ user_id: customerId, num_customers: listLength }),
  v.metadata({
    id: 'SimilarCustomersRequest',
    examples: [{ user_id: '10000', num_customers: 3 }],
  }),
);

/** The names of all fields that some request has. */
export const fields: ReadonlySet<string> = new Set([
  ...[recommendRequest, similarRequest, boughtTogetherRequest, similarCustomersRequest].flatMap(({ entries }) =>
    Object.keys(entries),
  ),
  ...['purchases', 'products', 'scenarios', 'experiments'],
]);
