import { Hono } from 'hono';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { policy } from '../../../src/server/page/policy.ts';
import { queryChoice, queryList, queryNumber, queryText } from '../../../src/server/page/query.ts';

const test = suite('the query of a page');

const app = new Hono();
app.onError((error, c) => c.text(error.message, 400));
app.get('/', (c) =>
  c.json([
    queryText(c, 'q'),
    queryNumber(c, 'n', 1, 100, 10),
    queryNumber(c, 'm', 0, 5, undefined) ?? null,
    queryChoice(c, 'sort', ['sold', 'listed'], 'sold'),
    queryList(c, 'basket', 3),
  ]),
);
const ask = async (query: string) => (await app.request(`/?${query}`)).text();

test('what is absent or empty is the standard', async () => {
  const standard = '["",10,null,"sold",[]]';
  for (const query of ['', 'q=&n=&m=&sort=&basket=', 'q=%20&n=%20&basket=%20,%20'])
    assert.is(await ask(query), standard);
});

test('what is there is read', async () => {
  assert.is(await ask('q=%20a%20b&n=7&m=0&sort=listed&basket=a,%20b%0Ac'), '["a b",7,0,"listed",["a","b","c"]]');
});

test('anything else is refused with what was expected', async () => {
  for (const [query, message] of [
    ['n=0', 'n: 0 cannot be used; expected a whole number from 1 to 100'],
    ['n=101', 'n: 101 cannot be used; expected a whole number from 1 to 100'],
    ['n=ten', "n: 'ten' cannot be used; expected a whole number from 1 to 100"],
    ['n=1e1', "n: '1e1' cannot be used"],
    ['n=1.5', "n: '1.5' cannot be used"],
    ['m=-1', 'm: -1 cannot be used; expected a whole number from 0 to 5'],
    ['sort=SOLD', "sort: 'SOLD' cannot be used; expected 'sold', 'listed'"],
    ['basket=a,b,c,d', 'expected at most 3 entries'],
    [`q=${'x'.repeat(1001)}`, 'expected at most 1000 characters'],
  ])
    assert.match(await ask(query), message);
});

test('pictures of products may come from their hosts, and from nowhere else', () => {
  assert.match(policy(), "img-src 'self'");
  assert.not.match(policy(), 'http');
  assert.match(
    policy(['https://cdn.shop.example/a.jpg', 'https://cdn.shop.example/b.jpg?x;script-src *', 'http://[::1]:8/c']),
    /; img-src 'self' https:\/\/cdn\.shop\.example http:\/\/\[::1\]:8$/,
  );
  const hostile = [
    '',
    'a.jpg',
    'javascript:alert(1)',
    'data:image/png;base64,',
    'https://a;script-src *',
    'blob:https://a/b',
  ];
  assert.is(policy(hostile), policy());
  const hosts = Array.from({ length: 1000 }, (_, i) => `https://${i}.shop.example/a.jpg`);
  assert.ok(policy(hosts).length < 1000);
});

test.run();
