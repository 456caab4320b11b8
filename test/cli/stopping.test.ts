/** Commands that are told to stop while a library does not let go. */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openSqliteFile } from '../../src/sqlite.ts';
import { testUnless } from '../support/skip.ts';
import { start } from './run.ts';

const test = suite('commands that stop');
const cwd = mkdtempSync(join(tmpdir(), 'endcap-stop-'));
const reason = process.platform === 'win32' ? 'no signals here' : undefined;

testUnless(test, reason, 'end by the signal while SQLite looks for a row that never comes', async () => {
  openSqliteFile(join(cwd, 'shop.db'), (problem) => new Error(problem)).close();
  const query =
    'with recursive n (i) as (select 1 union all select i + 1 from n) ' +
    'select i as customer, i as product, 1 as quantity from n where i < 0';
  const { child, ran } = start(['train', 'sqlite:shop.db', '--query', query], { cwd });
  await once(child.stderr!, 'data');
  // The thread has begun by then, or is not begun any more: either way, the command ends.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  child.kill('SIGINT');
  const { code, stderr } = await ran;
  assert.is(code ?? child.signalCode, code === null ? 'SIGINT' : 130);
  assert.match(stderr, /stopped\n$/);
  assert.equal(readdirSync(cwd), ['shop.db']);
});

test.after(() => rmSync(cwd, { recursive: true }));

test.run();
