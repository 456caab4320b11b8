import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { endcap, json } from './run.ts';

const test = suite<{ cwd: string }>('conventions on the command line');

interface Report {
  units: number;
  firstPurchase: string;
  decisions: Record<string, { value: string; why: string }>;
}

/** `Käse` in windows-1252. */
const text = [
  'customer;product;quantity;price;date',
  'ann;K\xe4se;2,000;9,90;01/03/2025',
  'bob;K\xe4se;1,000;9,90;02/03/2025',
].join('\n');

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-conventions-'));
  await writeFile(join(context.cwd, 'orders.csv'), Buffer.from(text, 'latin1'));
  await writeFile(
    join(context.cwd, 'days.csv'),
    'customer,product,quantity,date\nann,tea,1,45717.5\nbob,tea,1,45718\n',
  );
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

async function inspect(cwd: string, ...args: string[]): Promise<Report> {
  const ran = await endcap(['inspect', ...args, '--json'], { cwd });
  assert.is(ran.code, 0, ran.stderr);
  return json<Report>(ran);
}

test('decimal mark, order of day and month, encoding, and unit of times are told with their reasons', async ({
  cwd,
}) => {
  const { units, firstPurchase, decisions } = await inspect(cwd, 'orders.csv');
  assert.is(units, 3);
  assert.is(firstPurchase.slice(0, 10), '2025-03-01');
  assert.equal(decisions.decimalMark, { value: 'comma', why: `as "9,90" in 'price' shows` });
  assert.equal(decisions.dateOrder, { value: 'day first', why: 'inferred, because numbers have a decimal comma' });
  assert.is(decisions.encoding?.value, 'windows-1252');
  const days = await inspect(cwd, 'days.csv');
  assert.is(days.firstPurchase, '2025-03-01T12:00:00.000Z');
  assert.is(days.decisions.timeUnit?.value, 'days');
});

test('an option decides each of them', async ({ cwd }) => {
  const options = ['--decimal', 'point', '--date-order', 'mdy', '--encoding', 'latin1'];
  const { units, firstPurchase, decisions } = await inspect(cwd, 'orders.csv', ...options);
  assert.is(units, 3000);
  assert.is(firstPurchase.slice(0, 10), '2025-01-03');
  for (const name of ['decimalMark', 'dateOrder', 'encoding']) assert.match(decisions[name]!.why, /given/, name);
  const seconds = await inspect(cwd, 'days.csv', '--time-unit', 'seconds');
  assert.is(seconds.firstPurchase, '1970-01-01T12:41:57.500Z');
  const refused = await endcap(['inspect', 'orders.csv', '--decimal', 'dot'], { cwd });
  assert.is(refused.code, 2);
  assert.match(refused.stderr, /auto, comma, point/);
});

test.run();
