import { Hono } from 'hono';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { queryChoice, queryText } from '../../../src/server/page/query.ts';

const test = suite('the query of a page');

const app = new Hono();
app.onError((error, c) => c.text(error.message, 400));
app.get('/', (c) => c.json([queryText(c, 'q'), queryChoice(c, 'sort', ['sold', 'listed'], 'sold')]));
const ask = async (query: string) => (await app.request(`/?${query}`)).text();

test('what is absent or empty is the standard', async () => {
  for (const query of ['', 'q=&sort=', 'q=%20&sort=%20']) assert.is(await ask(query), '["","sold"]');
});

test('what is there is read', async () => {
  assert.is(await ask('q=%20a%20b&sort=listed'), '["a b","listed"]');
});

test('anything else is refused with what was expected', async () => {
  assert.match(await ask('sort=SOLD'), "sort: 'SOLD' cannot be used; expected 'sold', 'listed'");
  assert.match(await ask(`q=${'x'.repeat(1001)}`), 'expected at most 1000 characters');
});

test.run();
