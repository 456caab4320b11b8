/** What browsers ask of each page in tests. A page that is not here fails the tests. */

/** Whom and what to ask for in a shop. */
export interface Known {
  /** Customers with many orders. */
  readonly customers: readonly string[];
  /** Products that sell well. */
  readonly products: readonly string[];
}

/** By the path of a page in `pages.ts`: addresses below the explorer that show all that the page can show. */
export const visits: Readonly<Record<string, (known: Known) => string[]>> = {
  '/': () => ['/'],
  '/customers': ({ customers }) => [
    ...['/customers', `/customers?q=${encodeURIComponent([...customers[0]][0])}`],
    `/customers?${new URLSearchParams({ id: customers[0], n: '20', purchased: 'exclude', diversity: '0.3', per_category: '4' })}`,
    `/customers?${new URLSearchParams({ id: customers[1], scenario: 'home', basket: 'a\nno such product' })}`,
  ],
  '/customers/:id{.+}': ({ customers }) =>
    customers.map((id) => (id === '..' ? '/customers?id=..' : `/customers/${encodeURIComponent(id)}`)),
  '/products': ({ products }) => ['/products', `/products?q=${encodeURIComponent(products[0].slice(0, 2))}`],
  '/products/:id': ({ products }) =>
    products.map((id) => (id === '..' ? '/products?id=..' : `/products/${encodeURIComponent(id)}`)),
  '/catalogue': () => ['/catalogue'],
  '/quality': () => ['/quality'],
  // Not a page, but a file.
  '/catalogue.csv': () => [],
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
