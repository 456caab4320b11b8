/** What tables of pairs, and of the products in them, have to say. */
import type { Dataset, ProductInfo } from '../../dataset/dataset.ts';
import type { Numbering } from '../../dataset/numbering.ts';
import { cleanCustomerId, cleanId } from '../../orders/cleaning/ids.ts';
import type { Note } from '../../orders/look.ts';
import { type PartsOptions, type PartTable, tableUnreadable, withParts } from '../parts.ts';
import { addPair, type PairLog } from './log.ts';

const maxCount = 2 ** 31 - 1;
/** Kernels take no larger number. */
const maxQuantity = 1e15;

interface Into {
  readonly customers: Numbering;
  readonly products: Numbering;
  readonly log: PairLog;
}

/** Reads all pairs, and returns what a dataset says of the columns. */
export async function readPairTable(
  table: PartTable,
  { customers, products, log }: Into,
  onProgress?: (progress: { rows: number; totalRows: number }) => void,
): Promise<{ columns: Pick<Dataset, 'columns' | 'unusedColumns' | 'decisions'>; notes: readonly Note[] }> {
  const names = table.columns.map(({ name }) => name);
  const has = { orders: names.includes('orders'), times: names.includes('last_order') };
  log.has = has;
  const customerOf = numberOf(customers, 'customer', cleanCustomerId);
  const productOf = numberOf(products, 'product', cleanId);
  const kinds = {
    ...({ customer: 'id', product: 'id', quantity: 'number' } as const),
    ...(has.orders && ({ orders: 'number' } as const)),
    ...(has.times && ({ last_order: 'time' } as const)),
  };
  for await (const { part, row, rows, columns } of table.read(kinds)) {
    const {
      customer,
      product,
      quantity,
      orders,
      last_order: times,
    } = columns as typeof columns & {
      orders?: Float64Array;
      last_order?: Float64Array;
    };
    for (let i = 0; i < rows; i++) {
      const problem = problemOf(quantity[i], orders?.[i]);
      if (problem !== undefined) throw tableUnreadable(part, problem, row + i);
      const place = [part, row + i] as const;
      addPair(
        log,
        customerOf(customer[i], ...place),
        productOf(product[i], ...place),
        quantity[i],
        orders?.[i] ?? 1,
        times?.[i] ?? Number.NaN,
      );
    }
    onProgress?.({ rows: log.count, totalRows: table.rows });
  }
  const used = [...Object.keys(kinds)];
  return {
    columns: {
      columns: Object.fromEntries(
        used
          .slice(0, 3)
          .map((name) => [name, { column: name, index: names.indexOf(name) + 1, why: 'its name', samples: [] }]),
      ),
      unusedColumns: names.filter((name) => !used.includes(name)),
      decisions: {},
    },
    notes: table.notes,
  };
}

/** Numbers ids, which are cleaned first. In a table that is sorted, the id is often the same as the last one. */
function numberOf(
  numbering: Numbering,
  what: 'customer' | 'product',
  clean: (id: string) => string | undefined,
): (id: string, part: string, row: number) => number {
  let [last, lastNumber] = ['', 0];
  return (id, part, row) => {
    if (id === last) return lastNumber;
    const cleaned = clean(id);
    if (!cleaned) throw tableUnreadable(part, `the ${what} is '${id.slice(0, 50)}', which is no id; leave it out`, row);
    [last, lastNumber] = [id, numbering.number(cleaned)];
    return lastNumber;
  };
}

/** What is wrong with the numbers of a pair. */
function problemOf(quantity: number, orders: number | undefined): string | undefined {
  if (quantity < 0)
    return `the quantity is ${quantity}; expected 0 if more was returned than bought, and no row if nothing was bought`;
  if (quantity > maxQuantity || (quantity > 0 && Math.fround(quantity) === 0))
    return `the quantity is ${quantity}; expected a number of units`;
  if (orders === undefined || (Number.isInteger(orders) && orders >= (quantity > 0 ? 1 : 0) && orders <= maxCount))
    return undefined;
  return `the number of orders is ${orders}; expected a whole number from 1 to ${maxCount}`;
}

/** What a table says about products, by id. */
interface ProductTable {
  readonly infos: ReadonlyMap<string, ProductInfo>;
  /** Whether lists may hold the product, as far as the table says so. */
  readonly listed: ReadonlyMap<string, boolean>;
  readonly notes: readonly Note[];
}

export async function readProductTable(source: string, options: PartsOptions): Promise<ProductTable> {
  const infos = new Map<string, ProductInfo>();
  const listed = new Map<string, boolean>();
  return withParts(source, options, async (table) => {
    const has = (name: string) => table.columns.some((column) => column.name === name);
    const kinds = {
      product: 'id' as const,
      ...(has('name') && { name: 'text' as const }),
      ...(has('category') && { category: 'text' as const }),
      ...(has('price') && { price: 'numberOrNone' as const }),
      ...(has('listed') && { listed: 'flag' as const }),
    };
    for await (const { part, row, rows, columns } of table.read(kinds)) {
      const { product, name, category, price, ...flags } = columns as typeof columns & {
        name?: string[];
        category?: string[];
        price?: Float64Array;
        listed?: Float64Array;
      };
      for (let i = 0; i < rows; i++) {
        const id = cleanId(product[i]);
        if (!id) throw tableUnreadable(part, `the product is '${product[i].slice(0, 50)}', which is no id`, row + i);
        if (infos.has(id)) throw tableUnreadable(part, `the product ${id} is there twice`, row + i);
        infos.set(id, {
          ...(name?.[i] && { name: name[i] }),
          ...(category?.[i] && { category: category[i] }),
          ...(price && price[i] > 0 && { price: price[i] }),
        });
        const flag = flags.listed?.[i] ?? Number.NaN;
        if (!Number.isNaN(flag)) listed.set(id, flag === 1);
      }
    }
    return { infos, listed, notes: table.notes };
  });
}
