/** Customers who are like another one, and what they have in common. */
import { html } from 'hono/html';
import { EndcapError } from '../../../errors.ts';
import type { Model } from '../../../model/model.ts';
import { table, words } from '../../../page/parts.ts';
import type { Markup } from '../../../page/svg.ts';
import { turn } from '../../../turns.ts';
import { number, percent, plural } from '../../../wording.ts';
import { later } from '../later.ts';
import { linkTo } from '../links.ts';
import type { PageRequest } from '../page.ts';
import { slowAtFirst } from '../per-model.ts';
import { customerAnchor, customerLink, type State } from './links.ts';

const mostSimilar = 8;
const mostNamed = 3;
/** Up to so many numbers, those of all customers are made ready within a page; of more, a link says that it takes a moment. */
const mostAtOnce = 4_000_000;

const similarCustomers = slowAtFirst();

/** @param row of the customer; undefined if the model does not know them. */
export async function similarSection(
  request: Pick<PageRequest, 'c' | 'root' | 'answering' | 'signal'>,
  row: number | undefined,
  state: State,
  nameOf: (product: string) => string,
): Promise<Markup> {
  const { c, root, answering } = request;
  const { model } = answering;
  const heading = html`<h2 id="similar">Similar customers</h2>`;
  if (row === undefined)
    return html`${heading}<p>Nobody can be compared yet: the model learns of this customer at the next training.</p>`;
  const customer = model.customers[row];
  if (model.customers.length * model.factors > mostAtOnce && c.req.query('similar') !== 'yes')
    return html`${heading}<p><a href="${customerLink(root, customer, { ...state, similar: 'yes' })}#similar">Find similar customers</a>: the first time after a start, this takes some seconds.</p>`;
  await turn();
  const similar = await similarCustomers(request, (signal) =>
    answering.similarCustomers(customer, { n: mostSimilar, signal }).catch((error) => {
      // Erased, or unknown to a model that has just come to answer.
      if (error instanceof EndcapError && error.code === 'unknown_customer') return [];
      throw error;
    }),
  );
  if (!similar) return later('similar', false, html`${heading}<p>They are being looked for.</p>`);
  const rows = similar.flatMap(({ customer: other, score }) => {
    const otherRow = answering.customerRow(other);
    if (otherRow === undefined || otherRow >= model.customers.length) return [];
    const common = inCommon(model, row, otherRow);
    const names = common.slice(0, mostNamed).map((shared) => {
      const product = model.products[shared];
      return html`<li>${linkTo(root, 'products', product, { text: nameOf(product) })}</li>`;
    });
    const more = common.length - names.length;
    return {
      name: customerAnchor(root, other, state),
      cells: [
        percent(score),
        plural(common.length, 'one product', '# products'),
        html`<ul class="inline">${names}${more > 0 && html`<li>and ${number(more)} more</li>`}</ul>`,
      ],
    };
  });
  const found = html`${heading}<p>Their purchases point to the same taste; 100% would be the very same. They need not have bought the same products.</p>
${table('Similar customers', ['Customer', 'How alike', 'Both bought', words('Such as')], rows)}`;
  return later('similar', true, found);
}

/** Rows of the products that both bought, ascending. */
function inCommon({ purchases: { offsets, products } }: Model, one: number, other: number): number[] {
  const common: number[] = [];
  let [a, b] = [offsets[one], offsets[other]];
  while (a < offsets[one + 1] && b < offsets[other + 1]) {
    if (products[a] === products[b]) common.push(products[a]);
    if (products[a] <= products[b]) a++;
    else b++;
  }
  return common;
}
