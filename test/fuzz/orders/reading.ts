import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { datasetProblem } from '../../../src/dataset/check.ts';
import { readOrders } from '../../../src/dataset/read.ts';
import { EndcapError, type ErrorCode } from '../../../src/errors.ts';
import type { Account } from '../../../src/orders/cleaning/account.ts';
import type { OrderSource, ReadOptions } from '../../../src/orders/options.ts';
import { folderOfCases } from '../folder.ts';
import type { Outcome } from '../target.ts';

/** What reading may fail with, whatever the file. */
const expected: readonly ErrorCode[] = ['orders_unreadable', 'columns_unrecognized', 'no_orders', 'orders_lost'];

/** Reads orders, and checks that every record is accounted for and the dataset keeps its promises. */
export async function readChecked(source: OrderSource, options: ReadOptions): Promise<Outcome> {
  try {
    const dataset = await readOrders(source, options);
    checkAccount(dataset.account);
    assert.equal(datasetProblem(dataset), undefined);
    return { label: 'read', amounts: { records: dataset.account.read } };
  } catch (error) {
    if (!(error instanceof EndcapError) || !expected.includes(error.code)) throw error;
    const account = error.details.account as Account | undefined;
    if (account) checkAccount(account);
    return { label: error.code, amounts: { records: account?.read ?? 0 } };
  }
}

/** Writes a file where only this process does. */
export function put(name: string, bytes: Uint8Array | string): string {
  const path = join(folderOfCases(), name);
  writeFileSync(path, bytes);
  return path;
}

function checkAccount({ read, kept, purchases, returns, dropped }: Account): void {
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  assert.equal(read, kept + lost, 'not every record is kept or dropped');
  assert.equal(kept, purchases + returns, 'not every kept record is a purchase or a return');
}
