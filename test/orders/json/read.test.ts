import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseJson } from '../../../src/orders/json/parse.ts';
import { readJson } from '../../../src/orders/json/read.ts';

const test = suite('JSON text');

interface Read {
  values: unknown[];
  lines: number[];
  malformed: [line: number, text: string][];
}

/** Reads text that is cut every `piece` characters. */
async function read(text: string, piece = text.length): Promise<Read> {
  const found: Read = { values: [], lines: [], malformed: [] };
  async function* pieces() {
    for (let at = 0; at < text.length; at += piece) yield text.slice(at, at + piece);
  }
  const sink = {
    value(value: unknown, line: number) {
      found.values.push(value);
      found.lines.push(line);
    },
    malformed: (line: number, text: string) => void found.malformed.push([line, text]),
  };
  await readJson(pieces(), sink, 'orders.json');
  return found;
}

const orders = [{ id: 1, name: 'a "quoted" }, {\\' }, { id: 2, items: [{ sku: 'x' }, { sku: '[' }] }, { id: 3 }];

test('an array, a wrapped array, lines, and objects one after the other give the same values, indented or not', async () => {
  for (const space of [undefined, 1, '\t']) {
    const text = (value: unknown) => JSON.stringify(value, null, space);
    for (const [shape, json] of [
      ['array', text(orders)],
      ['wrapped', text({ count: 3, next: { page: [1, { id: 7 }] }, orders, errors: [{ id: 9 }] })],
      ['wrapped twice', text({ data: { orders: { edges: orders } }, meta: {} })],
      ['one after the other', orders.map(text).join('\n')],
      ['pages', `${text({ results: orders.slice(0, 1) })}\n\n${text({ results: orders.slice(1) })}`],
      ['arrays', `${text(orders.slice(0, 2))}\n${text(orders.slice(2))}`],
    ]) {
      const { values, malformed } = await read(json);
      // Of values that have a line each, what is wrapped is not opened here.
      const expected =
        shape === 'pages' && space === undefined
          ? [{ results: orders.slice(0, 1) }, { results: orders.slice(1) }]
          : orders;
      assert.equal(values, expected, `${shape}, ${JSON.stringify(space)}`);
      assert.equal(malformed, []);
    }
  }
});

test('an order with a list of its own is an order', async () => {
  const order = { id: 5, customer: { id: 7 }, items: [{ sku: 'tea' }] };
  assert.equal((await read(JSON.stringify(order, null, 2))).values, [order]);
  assert.equal((await read(JSON.stringify({ data: order }))).values, [order]);
  const plain = { total: 5, comment: 'no list at all' };
  assert.equal((await read(JSON.stringify(plain))).values, [plain]);
});

test('where the text is cut changes nothing', async () => {
  const key = fc.constantFrom('orders', 'data', 'id', 'note', 'x"y', '}');
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string({ maxLength: 6 }),
      fc.constantFrom('{', '},{', '"', '\n', '\\'),
      fc.integer(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  const broken = fc
    .tuple(json, fc.constantFrom(undefined, 1), fc.nat(), fc.constantFrom('', '"', '{', '}', ']', '\n', 'x', ','))
    .map(([value, space, at, extra]) => {
      const text = JSON.stringify(value, null, space);
      return extra === '' ? text : `${text.slice(0, at % text.length)}${extra}${text.slice((at % text.length) + 1)}`;
    });
  await fc.assert(
    fc.asyncProperty(
      fc.array(broken, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 9 }),
      async (parts, piece) => {
        const text = parts.join('\n');
        assert.equal(await read(text, piece), await read(text));
      },
    ),
    { numRuns: 500 },
  );
});

test('an element that is not JSON costs itself, and its line is the one that an editor shows', async () => {
  const text = '[\n {"id": 1},\n {"id": 2, "name": "open},\n {"id": 3,\n  "x": },\n {"id": 4}\n]';
  const { values, lines, malformed } = await read(text);
  assert.equal(values, [{ id: 1 }, { id: 4 }]);
  assert.equal(lines, [2, 6]);
  assert.equal(malformed[0][0], 3);
});

test('lines are counted once, wherever the text is cut', async () => {
  const text = '{\n"data":\n{"meta":1,\n"orders":[\n{"id":1},\n\n{"id":2,\n"x":1}]}}\n{\n"results":[{"id":3}]}';
  for (let piece = 1; piece <= text.length; piece++)
    assert.equal((await read(text, piece)).lines, [5, 7, 10], `${piece}`);
});

test('an element that does not end costs the text up to the next one', async () => {
  const cut = await read('[{"id":1},\n{"id":2');
  assert.equal(cut.values, [{ id: 1 }]);
  assert.equal(cut.malformed, [[2, '{"id":2']]);
  for (const [text, values] of [
    ['[{"id":1},\n', [{ id: 1 }]],
    ['{"orders":[{"id":1}]\n', [{ id: 1 }]],
    ['{"orders":[{"id":1}],"next":{\n', [{ id: 1 }]],
  ] as const) {
    const open = await read(text);
    assert.equal(open.values, values);
    assert.equal(open.malformed, [[2, 'the end, before a bracket is closed']], text);
  }
  const missing = await read(`[{"id":1,"x":{"y":1},\n{"id":2},\n{"id":3},\n{"id":4}]`);
  assert.equal(missing.values, [{ id: 2 }, { id: 3 }, { id: 4 }]);
  const long = await read(`[{"id":1},{"id":2,"x":[${'1,'.repeat(9 << 20)}]},{"id":3}]`, 1 << 20);
  assert.equal(long.values, [{ id: 1 }, { id: 3 }]);
  assert.is(long.malformed.length, 1);
});

test('a line that is not JSON costs itself, also the first one', async () => {
  for (const first of ['{"id":', '{"id":1', '{"id": "open}', '[1', 'text', '{"id":1}}']) {
    const { values, malformed } = await read(`${first}\n{"id":2}\n{"id":3}`);
    assert.equal(values, [{ id: 2 }, { id: 3 }], first);
    assert.equal(malformed, [[1, first]], first);
  }
});

test('text of hundreds of MiB takes no more memory than an element', async () => {
  let values = 0;
  const element = `{"id":7410991464714000001,"note":"${'x'.repeat(80)}"},`;
  async function* pieces() {
    yield '{"meta":{"a":[1]},"orders":[';
    for (let i = 0; i < 200; i++) yield element.repeat(1000);
    yield '{}]}';
  }
  const sink = { value: () => void values++, malformed: () => assert.unreachable() };
  await readJson(pieces(), sink, 'orders.json');
  assert.is(values, 200_001);
});

test('whole numbers above 2^53 keep their digits, and nothing else changes', () => {
  const text =
    '{"a":7410991464714000001,"b":-9007199254740993,"c":["12345678901234567","\\"1234567890123456789"],"d":9007199254740991}';
  assert.equal(parseJson(text), {
    a: '7410991464714000001',
    b: '-9007199254740993',
    c: ['12345678901234567', '"1234567890123456789'],
    d: 9007199254740991,
  });
  for (let at = 0; at < 40; at++) assert.is(parseJson(`${' '.repeat(at)}9007199254740993`), '9007199254740993');
  const decimals = '[0.12345678901234567,1234567890123456789e0,12345678901234567.0]';
  assert.equal(parseJson(decimals), JSON.parse(decimals));
  const exact = fc.jsonValue().filter((value) => !/\d{16}/.test(JSON.stringify(value)));
  fc.assert(
    fc.property(exact, fc.string(), (value, text) => {
      const json = JSON.stringify([value, `${text}12345678901234567`]);
      assert.equal(parseJson(json), JSON.parse(json));
    }),
  );
});

test.run();
