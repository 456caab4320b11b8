/** Five real shops, from the data beside the checkout; see `sharedData` for when it is absent. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Dataset, ProductInfo } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { type Basket, datasetOfBaskets } from './baskets.ts';
import { sharedData } from './skip.ts';

const retailColumns = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'UnitPrice',
  'InvoiceDate',
  'CustomerID',
] satisfies (keyof RetailRow)[];

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
 * UCI Online Retail: lines with a customer and with a quantity and a price above zero, of orders that are not cancelled.
 * Product codes are in upper case; those without a digit (POST, DOT, M, ...) and C2 are not products. Returns are not
 * subtracted. An order is an invoice number; its time is that of its first line. With `numbered`, a product's id is the
 * number of its first purchase, customer by customer in the order of their ids, which matters to rankings that break
 * ties by id.
 */
export async function onlineRetail({ numbered = false } = {}): Promise<Dataset> {
  const file = await asyncBufferFromFile(sharedData('online-retail.parquet').path);
  const rows = (await parquetReadObjects({ file, compressors, columns: retailColumns })) as unknown as RetailRow[];
  const codes = new Map<string, string | undefined>();
  const codeOf = (stockCode: string) => {
    if (!codes.has(stockCode)) codes.set(stockCode, productCode(stockCode));
    return codes.get(stockCode);
  };
  const customers = new Map<string, Map<string, { products: Record<string, number>; time: number }>>();
  const names = new Map<string, ProductInfo>();
  for (const row of rows) {
    const { InvoiceNo: invoice, CustomerID: customer } = row;
    const quantity = Number(row.Quantity);
    if (customer === null || invoice.startsWith('C') || quantity <= 0 || row.UnitPrice <= 0) continue;
    const code = codeOf(row.StockCode);
    if (code === undefined) continue;
    const orders = customers.get(String(customer)) ?? new Map();
    const order = orders.get(invoice) ?? { products: {}, time: row.InvoiceDate.getTime() };
    // Without the space, codes of digits only would be sorted as numbers.
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

function productCode(stockCode: string): string | undefined {
  const code = stockCode.toUpperCase();
  return /\d/.test(code) && code !== 'C2' ? code : undefined;
}

/** Ta-Feng grocery: each customer's baskets in order, without times. */
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

/** The LightGCN split of Gowalla: each customer's items are one order without a time. */
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

/** Beibei, baby goods, as `endcap` reads the files: one product held out for each customer; no orders, no times. */
export async function beibei(): Promise<{ train: Dataset; test: Dataset }> {
  return splitOf('beibei-train.csv.gz', 'beibei-test.csv.gz');
}

/** Tmall, nine days, as `endcap` reads the files: the training part has times to the second; no orders. */
export async function tmall(): Promise<{ train: Dataset; test: Dataset }> {
  return splitOf('tmall-train.csv.gz', 'tmall-test.csv.gz');
}

async function splitOf(train: string, test: string): Promise<{ train: Dataset; test: Dataset }> {
  return { train: await readOrders(sharedData(train).path), test: await readOrders(sharedData(test).path) };
}
