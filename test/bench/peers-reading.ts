import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { quantityOf } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { type Comparison, contest, type Row } from './contest.ts';
import { lacking } from './machine.ts';
import { timeOf } from './measure.ts';
import { type Environment, type Peer, startPeer } from './python.ts';
import { writeSample } from './reading.ts';

/** The smallest acceptable ratios of duckdb's time to ours, by what it does. */
interface Aims {
  sum?: number;
  /** What ours does, except that it cleans and encodes nothing. */
  all: number;
}

/**
 * Times reading, cleaning and encoding CSV and Parquet against duckdb, which groups the same file by customer and product: once
 * with only the sum of quantities, once also with the number of orders and the last time, which ours aggregates too. duckdb
 * cleans and encodes nothing while it is timed; the comparison states our rules in SQL and expects the same pairs.
 */
export async function reading(environment: Environment, threads: number, folder: string): Promise<Row[]> {
  const all: Row[] = [];
  for (const [millions, rounds] of [
    [1, 7],
    [10, 3],
  ]) {
    const reason = await lacking({ memory: 4e8 * millions, disk: 1.6e8 * millions }, folder);
    if (reason !== undefined) {
      console.error(`reading, ${millions} million lines: ${reason}`);
      continue;
    }
    const csv = join(folder, 'orders.csv');
    const parquet = join(folder, 'orders.parquet');
    await writeSample(csv, millions * 1_000_000);
    const peer = startPeer(environment, threads);
    const work = (format: string) => `${format} of ${millions} M lines to pairs, ${threads} threads`;
    all.push(...(await race(peer, work('CSV'), csv, rounds, { sum: 0.6, all: 1.2 })));
    try {
      await peer.ask('write_parquet', { from: csv, path: parquet });
      all.push(...(await race(peer, work('Parquet'), parquet, rounds, { all: 1 })));
    } catch (error) {
      console.error(`reading, Parquet: ${(error as Error).message}`);
    }
    peer.close();
    for (const path of [csv, parquet]) await rm(path, { force: true });
  }
  return all;
}

async function race(peer: Peer, work: string, path: string, rounds: number, aims: Aims): Promise<Row[]> {
  const check = async (): Promise<Comparison> => {
    const theirs = await peer.ask('clean_duckdb', { path });
    const { account, purchases } = await readOrders(path);
    const pairs = purchases.products.length;
    let quantity = 0;
    for (let pair = 0; pair < pairs; pair++) quantity += quantityOf(purchases, pair);
    const agrees = theirs.lines === account.read && theirs.pairs === pairs && theirs.quantity === quantity;
    const count = (lines: number, of: number, sum: number) => `${lines} lines, ${of} pairs, quantity ${sum}`;
    const ours = count(account.read, pairs, quantity);
    const text = agrees ? `both ${ours}` : `ours ${ours}, theirs ${count(theirs.lines, theirs.pairs, theirs.quantity)}`;
    return { text, agrees };
  };
  let checked: Promise<Comparison> | undefined;
  const compare = () => {
    checked ??= check();
    return checked;
  };
  const rival = (name: string, full: boolean, aim?: number) => ({
    name,
    ...(aim !== undefined && { aim }),
    run: async () => 1000 * (await peer.ask('read_duckdb', { path, full })).seconds,
    compare,
  });
  const rivals = [
    ...(aims.sum === undefined ? [] : [rival('duckdb, sum', false, aims.sum)]),
    rival('duckdb, sum, orders, last time', true, aims.all),
  ];
  return await contest(work, rounds, () => timeOf(() => readOrders(path)), rivals);
}
