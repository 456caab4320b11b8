/** The tables of an export: the columns of each, and their rows, some thousand at a time. */
import type { SchemaElement } from 'hyparquet';
import type { Model } from '../../model/model.ts';
import { popularityOf } from '../../ranking/popularity.ts';
import type { Column } from '../parquet/writing.ts';
import * as columns from './columns.ts';

export interface Table {
  readonly rows: number;
  readonly schema: SchemaElement[];
  groups(): Iterable<Group>;
}

interface Group {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/** Of a row group: what a reader loads at once, and what is in memory here. */
const groupRows = 1 << 17;
const groupFactors = 1 << 22;

function tableOf(rows: number, factors: number, ofRows: readonly columns.ColumnOfRows[]): Table {
  const inGroup = Math.min(groupRows, Math.ceil(groupFactors / factors));
  return {
    rows,
    schema: schemaOf(ofRows.map(({ schema }) => schema)),
    *groups() {
      for (let from = 0; from < rows; from += inGroup) {
        const to = Math.min(from + inGroup, rows);
        yield { rows: to - from, columns: ofRows.map(({ values }) => values(from, to)) };
      }
    },
  };
}

function schemaOf(all: readonly (readonly SchemaElement[])[]): SchemaElement[] {
  return [{ name: 'endcap', num_children: all.length }, ...all.flat()];
}

export function customersTable({ customers, customerFactors, factors, signals }: Model): Table {
  return tableOf(customers.length, factors, [
    columns.rowNumbers('id'),
    columns.ids('customer', customers),
    columns.features('features', customerFactors, factors),
    ...(signals ? [columns.counts('orders', signals.orders)] : []),
  ]);
}

export function productsTable(model: Model): Table {
  const { products, productInfo, productFactors, factors, signals, purchases, unlisted = [] } = model;
  const isUnlisted = new Set(unlisted);
  const { orders } = popularityOf({ products, purchases });
  return tableOf(products.length, factors, [
    columns.rowNumbers('id'),
    columns.ids('product', products),
    columns.texts('name', (row) => productInfo[row].name),
    columns.texts('category', (row) => productInfo[row].category),
    columns.doubles('price', (row) => productInfo[row].price),
    columns.features('features', productFactors, factors),
    columns.flags('listed', (row) => !isUnlisted.has(row)),
    columns.longs('orders', orders),
    ...(signals ? [columns.floats('popularity', signals.popularity)] : []),
    ...(signals?.uptake ? [columns.floats('uptake', signals.uptake)] : []),
    ...(signals ? [columns.floats('repeat_propensity', signals.repeatPropensity)] : []),
    ...(signals?.firstSales ? [columns.times('first_sold', signals.firstSales)] : []),
  ]);
}

/** The pairs of each customer, then those that were returned in full, which have a quantity of 0. */
export function pairsTable({ customers, products, purchases, returned, signals }: Model): Table {
  const { lastPurchase } = purchases;
  const schema = [
    columns.idSchema('customer'),
    columns.idSchema('product'),
    columns.floatSchema('quantity'),
    columns.countSchema('orders'),
    ...(lastPurchase ? [columns.timeSchema('last_order')] : []),
    ...(signals ? [columns.floatSchema('recency')] : []),
  ];

  function* groups(): Generator<Group> {
    for (let from = 0, to = 0; from < customers.length; from = to) {
      let rows = 0;
      for (; to < customers.length && rows < groupRows; to++) rows += pairsOf(to);
      if (rows > 0) yield { rows, columns: columnsOf(from, to, rows) };
    }
  }

  /** How many pairs a customer has, with those that were returned in full. */
  function pairsOf(c: number): number {
    const bought = purchases.offsets[c + 1] - purchases.offsets[c];
    return bought + (returned ? returned.offsets[c + 1] - returned.offsets[c] : 0);
  }

  /** The pairs of the customers from one row up to another, of which there are so many. */
  function columnsOf(from: number, to: number, count: number): Column[] {
    const lengths = new Uint32Array(to - from);
    const bought = new Uint32Array(count);
    const quantity = new Float32Array(count);
    const orders = new Uint32Array(count);
    const recency = new Float32Array(count);
    const last = new Float64Array(count).fill(Number.NaN);
    let at = 0;
    for (let c = from; c < to; c++) {
      lengths[c - from] = pairsOf(c);
      const [begin, end] = [purchases.offsets[c], purchases.offsets[c + 1]];
      bought.set(purchases.products.subarray(begin, end), at);
      if (purchases.quantities) quantity.set(purchases.quantities.subarray(begin, end), at);
      else quantity.fill(1, at, at + end - begin);
      if (purchases.orders) orders.set(purchases.orders.subarray(begin, end), at);
      else orders.fill(1, at, at + end - begin);
      if (lastPurchase) last.set(lastPurchase.subarray(begin, end), at);
      if (signals) recency.set(signals.recency.subarray(begin, end), at);
      at += end - begin;
      if (!returned) continue;
      const rows = returned.products.subarray(returned.offsets[c], returned.offsets[c + 1]);
      bought.set(rows, at);
      at += rows.length;
    }
    return [
      columns.repeatedIds('customer', customers, from, lengths),
      columns.codedIds('product', products, bought),
      columns.floats('quantity', quantity).values(0, count),
      columns.counts('orders', orders).values(0, count),
      ...(lastPurchase ? [columns.times('last_order', last).values(0, count)] : []),
      ...(signals ? [columns.floats('recency', recency).values(0, count)] : []),
    ];
  }

  const rows = purchases.products.length + (returned?.products.length ?? 0);
  return { rows, schema: schemaOf(schema), groups };
}
