/** What browsers ask of each page in tests. A page that is not here fails the tests. */

/** Whom and what to ask for in a shop. */
export interface Known {
  /** Customers with many orders. */
  readonly customers: readonly string[];
  /** Products that sell well. */
  readonly products: readonly string[];
}

/**
 * By the path of a page in `pages.ts`: addresses below the explorer that show all that the page can show. The first of each is
 * looked at closely, and so should be the one that shows most.
 */
export const visits: Readonly<Record<string, (known: Known) => string[]>> = {
  '/': () => ['/'],
  '/customers': ({ customers }) => [
    '/customers',
    `/customers?q=${begin(customers[0])}`,
    `/customers?q=${begin(customers[1])}`,
    `/customers?${new URLSearchParams({ id: customers[1], scenario: 'home', basket: 'a\nno such product' })}`,
  ],
  '/customers/:id{.+}': ({ customers, products }) => [
    `${of('customers', customers[0])}?${new URLSearchParams({ basket: products.slice(0, 2).join('\n') })}`,
    ...customers.map((id) => of('customers', id)),
    `${of('customers', customers[0])}?n=20&purchased=exclude&diversity=0.3&per_category=4`,
    `${of('customers', customers[1])}?purchased=exclude&explain=no&similar=yes`,
  ],
  '/products': ({ products }) => ['/products', `/products?q=${begin(products[0])}`],
  '/products/:id': ({ products }) => products.map((id) => of('products', id)),
  '/catalogue': () => ['/catalogue'],
  // Not a page, but a file.
  '/catalogue.csv': () => [],
  '/quality': () => ['/quality'],
  '/data': () => ['/data'],
  '/live': () => ['/live'],
};

/** What people type, and what is wrong: each is a page, too. */
export const mistakes: Readonly<Record<string, number>> = {
  '/nothing': 404,
  '/customers/nobody': 404,
  '/customers?q=nobody': 404,
  '/customers?id=nobody&n=many': 400,
  '/products/nothing': 404,
};

/** In a path, two dots would lead to another page. */
const of = (what: string, id: string) => (id === '..' ? `/${what}?id=..` : `/${what}/${encodeURIComponent(id)}`);

const begin = (id: string) => encodeURIComponent(id.slice(0, 2));
