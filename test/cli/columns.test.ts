import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { endcap, json } from './run.ts';

const test = suite<{ cwd: string }>('columns on the command line');

interface Report {
  account: { read: number; purchases: number };
  columns: Record<string, { column: string; index: number; why: string }>;
  decisions: Record<string, { value: string; why: string }>;
}

const rows = ['11;C1;T-1;Tea;2', '11;C1;C-1;Cup;1', '12;C2;T-1;Tea;1', '13;C1;T-1;Tea;1'].join('\n');

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-columns-'));
  const files = { 'plain.csv': rows, 'titled.csv': `Sales\n\n"Tea; Cups"\n\nwho;from;what;how;many\n${rows}\n` };
  for (const [name, text] of Object.entries(files)) await writeFile(join(context.cwd, name), text);
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

test('a file without a header is read by the numbers of its columns', async ({ cwd }) => {
  const columns = ['--columns', 'order=#1,customer=#2,product=#3,name=#4,quantity=#5'];
  const ran = await endcap(['inspect', 'plain.csv', '--no-header', ...columns, '--json'], { cwd });
  assert.is(ran.code, 0, ran.stderr);
  const report = json<Report>(ran);
  assert.equal([report.account.read, report.account.purchases], [4, 4], 'the first line is a record');
  assert.equal([report.columns.product?.column, report.columns.product?.index], ['#3', 3]);
  assert.is(report.decisions.header?.value, 'none');
  const refused = await endcap(['inspect', 'plain.csv'], { cwd });
  assert.is(refused.code, 1);
  assert.match(refused.stderr, /The first line looks like data.*--no-header/s);
});

test('the line of the header can be named, and columns can be named in quotes', async ({ cwd }) => {
  const columns = ['--columns', 'order=who,customer="from",product=what,name=how,quantity=many'];
  const ran = await endcap(['inspect', 'titled.csv', '--header-line', '5', ...columns, '--json'], { cwd });
  assert.is(ran.code, 0, ran.stderr);
  const report = json<Report>(ran);
  assert.is(report.account.read, 4);
  assert.equal(report.decisions.header, { value: 'line 5', why: 'named in the options' });
  assert.match(report.columns.customer!.why, /named/);
  const beyond = await endcap(['inspect', 'titled.csv', '--header-line', '50'], { cwd });
  assert.is(beyond.code, 2);
  assert.match(beyond.stderr, /50 .*one of the 9 lines of titled\.csv/s);
});

test.run();
