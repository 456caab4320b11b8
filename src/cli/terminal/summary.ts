/** What a dataset's source was understood to say. */

import type { Dataset } from '../../dataset/dataset.ts';
import { decisionWords } from '../../dataset/reading.ts';
import { firstOf } from '../../options.ts';
import { describeAccount } from '../../orders/cleaning/account.ts';
import { count, facts, note, noteFacts, prose, table } from './terminal.ts';

/** Columns without a role that are named, and characters of a sample that are shown. */
const maxNames = 20;
const maxSample = 32;

/** The summary as `--json` prints it; times are ISO 8601 text. */
export function summaryOf(dataset: Dataset) {
  const { account, columns = {}, unusedColumns = [], customers, products, orders, units = 0 } = dataset;
  const { decisions = {}, notes = [] } = dataset;
  return {
    account,
    columns,
    unusedColumns,
    customers: customers.length,
    products: products.length,
    orders,
    units,
    firstPurchase: timeText(account.firstPurchase),
    lastPurchase: timeText(account.lastPurchase),
    decisions,
    notes,
  };
}

/** The summary for people. */
export function summarize(dataset: Dataset): string[] {
  const { account, columns = {}, unusedColumns = [], customers, products, orders = 0, units = 0 } = dataset;
  const { decisions = {}, notes = [] } = dataset;
  const roles = Object.entries(columns).map(([role, { column, index, why, samples }]) => {
    const shown = samples.map((sample) => (sample.length > maxSample ? `${sample.slice(0, maxSample)}...` : sample));
    return [role, `#${index}`, column, why, shown.join(' | ')];
  });
  const decided = Object.entries(decisions);
  return [
    ...table(['role', '', 'column', 'chosen for', 'samples'], roles, []),
    ...(unusedColumns.length > 0
      ? prose(
          `Not used: ${firstOf(
            unusedColumns.map((name) => name || '(blank)'),
            maxNames,
          )}`,
        )
      : []),
    '',
    ...(decided.length > 0
      ? [...facts(decided.map(([name, { value, why }]) => [decisionWords(name), `${value}: ${why}`])), '']
      : []),
    ...facts([
      ['customers', count(customers.length)],
      ['products', count(products.length)],
      ['orders', orders === undefined ? undefined : count(orders)],
      ['units', count(units)],
      ['days', daysOf(dataset)],
    ]),
    '',
    ...prose(...describeAccount(account)),
    ...(notes.length > 0 ? ['', ...facts(notes.map(({ code, text }) => [code, text]))] : []),
  ];
}

/** Notes a few lines of the summary, for commands that go on from here. */
export function noteSummary(dataset: Dataset): void {
  const { account, columns = {}, decisions = {}, notes = [] } = dataset;
  const roles = Object.entries(columns).map(([role, { column }]) => `${role} ${column}`);
  const decided = Object.entries(decisions).map(([name, { value }]) => `${decisionWords(name)} ${value}`);
  note(...describeAccount(account));
  noteFacts([
    ['columns', roles.length > 0 ? roles.join(', ') : undefined],
    ['decided', decided.length > 0 ? decided.join(', ') : undefined],
    ['days', daysOf(dataset)],
    ...notes.map(({ text }) => ['note', text] as const),
  ]);
}

function daysOf({ account: { firstPurchase, lastPurchase } }: Dataset): string | undefined {
  const [first, last] = [timeText(firstPurchase), timeText(lastPurchase)];
  return first === undefined ? undefined : `${first.slice(0, 10)} to ${last?.slice(0, 10)}`;
}

function timeText(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
