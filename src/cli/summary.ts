/** What a dataset's source was understood to say. */
import type { Dataset } from '../dataset/dataset.ts';
import { describeAccount } from '../orders/account.ts';
import { count, facts, prose } from './terminal.ts';

/** The summary as `--json` prints it; times are ISO 8601 text. */
export function summaryOf(dataset: Dataset) {
  const { account, columns = {}, unusedColumns = [], customers, products, decisions = {}, notes = [] } = dataset;
  const { firstPurchase, lastPurchase } = account;
  return {
    account: { ...account, firstPurchase: timeText(firstPurchase), lastPurchase: timeText(lastPurchase) },
    columns,
    unusedColumns,
    customers: customers.length,
    products: products.length,
    orders: ordersIn(dataset),
    units: unitsIn(dataset),
    firstPurchase: timeText(firstPurchase),
    lastPurchase: timeText(lastPurchase),
    decisions,
    notes,
  };
}

/** The summary for people. */
export function summarize(dataset: Dataset): string[] {
  const { account, columns = {}, unusedColumns = [], customers, products, decisions = {}, notes = [] } = dataset;
  const { firstPurchase, lastPurchase } = account;
  const days = [firstPurchase, lastPurchase].map((time) => timeText(time)?.slice(0, 10)).join(' to ');
  const shown = unusedColumns.slice(0, maxNames).join(', ');
  const more = unusedColumns.length > maxNames ? `, and ${unusedColumns.length - maxNames} more` : '';
  return [
    'Columns',
    ...facts(
      Object.entries(columns).map(([role, { column, index, why, samples }]) => [
        `  ${role}`,
        `${column} (#${index}), ${why}: ${samples.join(', ')}`,
      ]),
    ),
    ...(unusedColumns.length > 0 ? facts([['  unused', shown + more]]) : []),
    ...(Object.keys(decisions).length > 0
      ? [
          'Decisions',
          ...facts(Object.entries(decisions).map(([name, { value, why }]) => [`  ${name}`, `${value}: ${why}`])),
        ]
      : []),
    'Orders',
    ...facts([
      ['  customers', count(customers.length)],
      ['  products', count(products.length)],
      ['  orders', count(ordersIn(dataset))],
      ['  units', count(unitsIn(dataset))],
      ['  days', firstPurchase === undefined ? undefined : days],
    ]),
    'Records',
    ...prose(...describeAccount(account)),
    ...(notes.length > 0 ? ['Notes', ...prose(...notes.map(({ code, text }) => `  ${text} [${code}]`))] : []),
  ];
}

const maxNames = 20;

function ordersIn({ history }: Dataset): number {
  return history === undefined ? 0 : history.starts.length - 1;
}

function unitsIn({ history }: Dataset): number {
  return history?.quantities?.reduce((sum, quantity) => sum + quantity, 0) ?? history?.products.length ?? 0;
}

function timeText(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
