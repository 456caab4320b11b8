import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { quantityOf } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { type Comparison, contest, type Row } from './contest.ts';
import { timeOf } from './measure.ts';
import { type Environment, startPeer } from './python.ts';
import { writeSample } from './reading.ts';

/**
 * Times reading, cleaning and encoding CSV against duckdb, which groups the same file by customer and product: once with
 * only the sum of quantities, once also with the number of orders and the last time, which ours aggregates too. duckdb
 * cleans and encodes nothing while it is timed; the comparison states our rules in SQL and expects the same pairs.
 */
export async function reading(environment: Environment, threads: number, folder: string): Promise<Row[]> {
  const all: Row[] = [];
  for (const [millions, rounds] of [
    [1, 7],
    [10, 3],
  ]) {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < 1.2e8 * millions) {
      console.error(`reading: ${folder} has no space for ${millions} million lines`);
      continue;
    }
    const path = join(folder, 'orders.csv');
    await writeSample(path, millions * 1_000_000);
    const peer = startPeer(environment, threads);
    const check = async () => {
      const theirs = await peer.ask('clean_duckdb', { path });
      const { account, purchases } = await readOrders(path);
      const pairs = purchases.products.length;
      let quantity = 0;
      for (let pair = 0; pair < pairs; pair++) quantity += quantityOf(purchases, pair);
      const agrees = theirs.lines === account.read && theirs.pairs === pairs && theirs.quantity === quantity;
      const count = (lines: number, of: number, sum: number) => `${lines} lines, ${of} pairs, quantity ${sum}`;
      const ours = count(account.read, pairs, quantity);
      const text = agrees
        ? `both ${ours}`
        : `ours ${ours}, theirs ${count(theirs.lines, theirs.pairs, theirs.quantity)}`;
      return { text, agrees };
    };
    let checked: Promise<Comparison> | undefined;
    const compare = () => (checked ??= check());
    const rival = (name: string, full: boolean, aim?: number) => ({
      name,
      aim,
      run: async () => 1000 * (await peer.ask('read_duckdb', { path, full })).seconds,
      compare,
    });
    const rows = await contest(
      `CSV of ${millions} M lines to pairs, ${threads} threads`,
      rounds,
      () => timeOf(() => readOrders(path)),
      // At most 1.5 times its time.
      [rival('duckdb, sum', false, 0.67), rival('duckdb, sum, orders, last time', true)],
    );
    all.push(...rows);
    peer.close();
    await rm(path);
  }
  return all;
}
