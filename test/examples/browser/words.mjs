/** What the page says about orders and about what was learned from them. */
import { describeAccount } from 'endcap/web';

const numbers = new Intl.NumberFormat('en');
const shares = new Intl.NumberFormat('en', { style: 'percent', maximumSignificantDigits: 2 });
const days = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' });

/** An element with properties and children. Text is text, whatever is in a file. */
export function element(name, properties = {}, ...children) {
  const { data, ...given } = properties;
  const made = Object.assign(document.createElement(name), given);
  Object.assign(made.dataset, data);
  made.append(...children.flat().filter((child) => child !== undefined && child !== ''));
  return made;
}

const facts = (pairs) =>
  element(
    'dl',
    {},
    pairs.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  );

const roles = { time: 'date', clock: 'time of day', sequence: 'place among the orders', status: 'state of the order' };

/** What was read, how it was understood, and what is odd about it. */
export function reading({ account, customers, products, orders, columns, unusedColumns, notes }) {
  const [first, ...dropped] = describeAccount(account);
  const { firstPurchase, lastPurchase } = account;
  const span = firstPurchase && `${days.format(firstPurchase)} to ${days.format(lastPurchase)}`;
  return [
    element('p', {}, `${first.replace(/:$/, '')}.`),
    facts([
      ['Customers', numbers.format(customers.length)],
      ['Products', numbers.format(products.length)],
      ['Orders', numbers.format(orders)],
      ...(span ? [['From', span]] : []),
    ]),
    ...(dropped.length > 0
      ? [
          details(
            'Why rows were dropped',
            element(
              'ul',
              {},
              dropped.map((line) => element('li', {}, line.trim())),
            ),
          ),
        ]
      : []),
    details(
      'Which column is what',
      facts(Object.entries(columns).map(([role, { column, why }]) => [roles[role] ?? role, `${column} (${why})`])),
      unusedColumns.length > 0 ? element('p', {}, `Not used: ${unusedColumns.join(', ')}.`) : undefined,
    ),
    ...(notes.length > 0
      ? [
          element('p', {}, 'Worth knowing:'),
          element(
            'ul',
            {},
            notes.map(({ text }) => element('li', {}, text)),
          ),
        ]
      : []),
  ];
}

const details = (summary, ...children) => element('details', {}, element('summary', {}, summary), ...children);

const wanted = {
  all: 'of what customers bought next',
  explore: 'of what customers bought for the first time',
  repeat: 'of what customers bought again',
};

/** What kind of shop it is, and how well lists do. @param seconds that reading and training took. */
export function shop({ metadata }, seconds) {
  const { shop: { rebought } = {}, unchosen, measured } = metadata;
  const kind =
    unchosen === 'too_early'
      ? 'There are few orders so far: lists go by what sells, and by what a customer bought before.'
      : rebought === 0
        ? 'Nobody buys a product twice, so lists leave out what a customer has.'
        : rebought !== undefined &&
          `${shares.format(rebought)} of what returning customers order they have bought before.`;
  return [kind, measured && found(measured), `It took ${numbers.format(Math.ceil(seconds))} seconds to find out.`]
    .filter(Boolean)
    .map((text) => element('p', {}, text));
}

function found({ n, results: [{ question, customers, model, baselines }] }) {
  const popular = baselines.find(({ name }) => name === 'popular');
  const best = popular ? `; a list of best-sellers finds ${shares.format(popular.recall.mean)}` : '';
  return (
    `Tried on orders that were held back, of ${numbers.format(customers)} customers: lists of ${n} products find ` +
    `${shares.format(model.recall.mean)} ${wanted[question]}${best}.`
  );
}

const sources = {
  personal: 'From what this customer bought.',
  popular: 'This customer has bought nothing that the model knows: what sells best.',
};

/** A customer's list, with what each product has to do with them. @param onSimilar is given a product whose button is pressed. */
export function list({ items, source }, model, onSimilar) {
  return [element('p', { className: 'soft' }, sources[source] ?? ''), productList(items, model, onSimilar)];
}

/** Why a product is in a list, for whoever runs the shop: `explanation.text` is for the customer. */
function whyOf({ reasons }, { products, productInfo }) {
  const namesOf = (some) =>
    some
      .slice(0, 2)
      .map(({ row }) => productInfo[row].name ?? products[row])
      .join('; ');
  const texts = {
    habit: ({ orders, of }) => `in ${orders} of their last ${of} orders`,
    taste: ({ products }) => `goes with ${namesOf(products)}`,
    neighbours: ({ products }) => `often bought after ${namesOf(products)}`,
    trend: ({ orders, days }) =>
      `sells well: ${numbers.format(orders)} orders${days === undefined ? '' : ` in ${days} days`}`,
  };
  return reasons.flatMap((reason) => texts[reason.kind]?.(reason) ?? []);
}

/** Products, best first. */
export function productList(items, model, onSimilar) {
  return element(
    'ol',
    { className: 'products' },
    items.map((item) => {
      const { product, name, category, explanation } = item;
      const title = name ?? product;
      const said = [name && product, category].filter(Boolean).join(' · ');
      return element(
        'li',
        { data: { product } },
        element(
          'div',
          {},
          element('b', {}, title),
          said && element('small', {}, ` ${said}`),
          explanation && whyOf(explanation, model).map((text) => element('span', { className: 'why' }, text)),
        ),
        element(
          'button',
          { type: 'button', ariaLabel: `Similar to ${title}`, onclick: () => onSimilar(item) },
          'Similar',
        ),
      );
    }),
  );
}

export const progressWords = {
  reading: ({ rows }) => `Reading: ${numbers.format(rows)} rows`,
  choosing: ({ done, total }) => `Trying what finds most of held-out orders: ${done} of ${total}`,
  training: ({ epoch, epochs }) => `Learning: round ${epoch} of ${epochs}`,
};

/** `4.2 MB` */
export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
