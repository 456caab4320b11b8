/** The catalogue as CSV: a row for each product. */
import { csvCell } from '../../../page/csv-cell.ts';
import { turn } from '../../../turns.ts';
import type { Page } from '../page.ts';
import { comparedPeriods, latelyOf } from '../products/sales.ts';
import { queryChoice } from '../query.ts';
import { type Coverage, coverageOf } from './coverage.ts';
import { type ProductsNow, productsOf } from './products.ts';
import { type Sold, soldOf } from './sold.ts';

const columns = [
  ...['product', 'name', 'category', 'orders', 'buyers', 'sales_rank', 'orders_lately', 'orders_before'],
  ...['lists', 'share_of_lists', 'available', 'listed', 'lists_if_available'],
];

/** Which products a file may be of. */
type Choice = 'all' | 'never-listed' | 'withheld';

const isChosen: Record<Choice, (row: number, coverage: Coverage, products: ProductsNow) => boolean> = {
  all: () => true,
  'never-listed': (row, { lists }, { isOffered }) => isOffered(row) && lists[row] === 0,
  withheld: (row, _, { isWithheld }) => isWithheld(row),
};

export const catalogueCsv: Page = {
  path: '/catalogue.csv',
  place: 'catalogue',
  async render({ c, answering }) {
    const only = queryChoice(c, 'only', Object.keys(isChosen) as Choice[], 'all');
    const cells = queryChoice(c, 'cells', ['safe', 'raw'], 'safe');
    const coverage = coverageOf(answering);
    const products = productsOf(answering);
    const { model } = answering;
    const sold = await soldOf(model);
    const periods = model.sales && model.metadata.sales && comparedPeriods(model.metadata.sales);
    const lately = periods ? (row: number) => latelyOf(model, row, periods) : undefined;
    const rows = function* () {
      for (let row = 0; row < coverage.lists.length; row++) if (isChosen[only](row, coverage, products)) yield row;
    };
    const file = only === 'all' ? 'catalogue.csv' : `catalogue-${only}.csv`;
    return new Response(
      streamed(linesOf({ rows: rows(), coverage, products, sold, latelyOf: lately, isRaw: cells === 'raw' })),
      {
        headers: {
          'content-type': 'text/csv; charset=utf-8; header=present',
          'content-disposition': `attachment; filename="${file}"`,
        },
      },
    );
  },
};

interface Parts {
  readonly rows: Iterable<number>;
  readonly coverage: Pick<Coverage, 'lists' | 'counted' | 'withoutStock'>;
  readonly products: Pick<ProductsNow, 'describe' | 'isOffered' | 'isWithheld'>;
  readonly sold: Sold;
  /** Orders of the last weeks, and of as many before; absent if the model does not know. */
  readonly latelyOf?: (row: number) => { value: number; before: number };
  /** Whether ids and names are as they are, even if a spreadsheet would run them; see `csvCell`. */
  readonly isRaw: boolean;
}

/** Lines as RFC 4180 has them. */
export function* linesOf({ rows, coverage, products, sold, latelyOf, isRaw }: Parts): Generator<string> {
  const { lists, counted, withoutStock } = coverage;
  const text = (value = '') => csvCell(value, isRaw);
  const said = (value: boolean | undefined) => (value === undefined ? '' : value ? 'yes' : 'no');
  // Without the mark, spreadsheets take the file for one of another encoding.
  yield `${isRaw ? '' : '\ufeff'}${columns.join(',')}\r\n`;
  for (const row of rows) {
    const { id, name, category, available } = products.describe(row);
    const { value = '', before = '' } = latelyOf?.(row) ?? {};
    const cells = [
      ...[text(id), text(name), text(category)],
      ...[sold.orders[row], sold.buyers[row], sold.places[row], value, before],
      ...[lists[row], counted > 0 ? rounded(lists[row] / counted) : ''],
      ...[said(available), said(products.isOffered(row)), products.isWithheld(row) ? withoutStock[row] : ''],
    ];
    yield `${cells.join(',')}\r\n`;
  }
}

const rounded = (value: number) => Number(value.toPrecision(4));

/** Lines of a piece of the stream: a millisecond or two. */
const linesOfPiece = 250;

/** Text as it is asked for, a piece in a turn of its own. */
function streamed(lines: Iterator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      await turn();
      let piece = '';
      for (let i = 0; i < linesOfPiece; i++) {
        const line = lines.next();
        if (line.done) {
          if (piece !== '') controller.enqueue(encoder.encode(piece));
          controller.close();
          return;
        }
        piece += line.value;
      }
      controller.enqueue(encoder.encode(piece));
    },
  });
}
