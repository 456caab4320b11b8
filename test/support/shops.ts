/** Three real shops with their histories, from the data beside the checkout; see `sharedData` for where it is absent. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Dataset, ProductInfo } from '../../src/dataset/dataset.ts';
import { type Basket, datasetOfBaskets } from './baskets.ts';
import { sharedData } from './skip.ts';

interface RetailRow {
  InvoiceNo: string;
  StockCode: string;
  Description: string | null;
  Quantity: number | bigint;
  UnitPrice: number;
  InvoiceDate: Date;
  CustomerID: number | null;
}

/**
 * UCI Online Retail: lines with a customer, a quantity and a price above zero, of orders that are not cancelled; product
 * codes in upper case, of which those without a digit (POST, DOT, M, ...) and C2 are no products. Returns are not taken
 * off. An order is an invoice number; its time is that of its first line. With `numbered` a product's id is the number of
 * its first purchase, customer by customer in the order of their ids: where rankings break ties by id, it makes a
 * difference.
 */
export async function onlineRetail({ numbered = false } = {}): Promise<Dataset> {
  const file = await asyncBufferFromFile(sharedData('online-retail.parquet').path);
  const rows = (await parquetReadObjects({ file, compressors })) as unknown as RetailRow[];
  const customers = new Map<string, Map<string, { products: Record<string, number>; time: number }>>();
  const names = new Map<string, ProductInfo>();
  for (const row of rows) {
    const { InvoiceNo: invoice, CustomerID: customer } = row;
    const quantity = Number(row.Quantity);
    const code = row.StockCode.toUpperCase();
    if (customer === null || /^C/.test(invoice) || quantity <= 0 || row.UnitPrice <= 0 || !isProduct(code)) continue;
    const orders = customers.get(String(customer)) ?? new Map();
    const order = orders.get(invoice) ?? { products: {}, time: row.InvoiceDate.getTime() };
    // A code of digits alone would be put in the order of numbers.
    const key = `${code} `;
    order.products[key] = (order.products[key] ?? 0) + quantity;
    customers.set(String(customer), orders.set(invoice, order));
    if (row.Description) names.set(code, { name: row.Description.trim() });
  }
  const ids = new Map<string, string>();
  const baskets = new Map<string, Basket[]>();
  for (const customer of [...customers.keys()].sort()) {
    const orders = [...customers.get(customer)!.values()].sort((a, b) => a.time - b.time);
    baskets.set(
      customer,
      orders.map(({ products, time }) => {
        const lines = Object.entries(products).map(([key, quantity]): [string, number] => {
          const code = key.trim();
          if (!ids.has(code)) ids.set(code, numbered ? String(ids.size).padStart(4, '0') : code);
          return [ids.get(code)!, quantity];
        });
        return { products: Object.fromEntries(lines), time };
      }),
    );
  }
  const info = new Map([...names].map(([code, info]) => [ids.get(code)!, info]));
  return datasetOfBaskets(baskets, info, { customer: 'CustomerID', order: 'InvoiceNo', time: 'InvoiceDate' });
}

function isProduct(code: string): boolean {
  return /\d/.test(code) && code !== 'C2';
}

/** Ta-Feng grocery: each customer's baskets in their order, without times. */
export function taFeng(): Dataset {
  const text = gunzipSync(readFileSync(sharedData('tafeng-baskets.json.gz').path)).toString();
  const shop: Record<string, (string | number)[][]> = JSON.parse(text);
  const baskets = new Map<string, Basket[]>();
  for (const [customer, orders] of Object.entries(shop)) {
    baskets.set(
      customer,
      orders.map((products) => ({ products: products.map(String) })),
    );
  }
  return datasetOfBaskets(baskets, new Map(), { customer: 'customer', order: 'basket' });
}

/** The LightGCN split of Gowalla: each customer's items are one order, without a time. */
export function gowalla(): { train: Dataset; test: Dataset } {
  const read = (name: string): Dataset => {
    const text = gunzipSync(readFileSync(sharedData(name).path)).toString();
    const baskets = new Map<string, Basket[]>();
    for (const line of text.split('\n')) {
      const [customer, ...products] = line.trim().split(/\s+/);
      if (products.length > 0) baskets.set(customer, [{ products }]);
    }
    return datasetOfBaskets(baskets, new Map(), { customer: 'customer', order: 'customer' });
  };
  return { train: read('gowalla-train.txt.gz'), test: read('gowalla-test.txt.gz') };
}
