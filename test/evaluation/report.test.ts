import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { reportHtml } from '../../src/evaluation/report/report.ts';
import type { Evaluation, ExampleCustomer } from '../../src/evaluation/types.ts';
import { questions } from '../../src/measuring/questions.ts';
import { type Measure, type Metric, metrics } from '../../src/measuring/results.ts';

const test = suite('evaluation report');

const nasty = `<script>alert('1')</script> & "quotes" ]]> </style>`;

function each(value: (metric: Metric, i: number) => Measure): Record<Metric, Measure> {
  return Object.fromEntries(metrics.map((metric, i) => [metric, value(metric, i)])) as Record<Metric, Measure>;
}

/** An evaluation with every part and made-up figures; no two means are the same. */
function made(change: Partial<Evaluation> = {}): Evaluation {
  const contestants = ['als', 'popular', 'gp-top'].map((name, i) => {
    return { name, kind: i === 0 ? 'model' : 'baseline', description: `what ${name} does`, elapsedMs: 1 } as const;
  });
  const ks = [5, 10];
  let at = 1000;
  const measures = () => each(() => ({ mean: at++ / 10000, standardError: 0.0123 }));
  const judged = () => {
    const verdicts = ['tie', 'worse', 'better'] as const;
    return each((_, i) => ({
      mean: -0.01,
      standardError: 0.001,
      verdict: verdicts[i % 3],
    })) as Evaluation['comparisons'][0]['metrics'];
  };
  const cells = questions.flatMap((question) =>
    contestants.flatMap(({ name: contestant }) => ks.map((k) => ({ question, contestant, k }))),
  );
  return {
    protocol: { name: 'next-basket', description: 'The last order is predicted.', trained: { first: 0, last: 864e5 } },
    account: {
      training: { customers: 40, products: 30, orders: 90, pairs: 200 },
      measured: 35,
      targets: {
        all: { customers: 35, targets: 100 },
        explore: { customers: 20, targets: 60 },
        repeat: { customers: 15, targets: 40 },
      },
      unmeasured: [{ customers: 5, reason: 'have only one order' }],
      unseenTargets: 1,
      notes: ['The orders have no ids.'],
    },
    ks,
    mainK: 10,
    contestants,
    results: cells.map((cell) => ({
      ...cell,
      customers: 35,
      lists: 35,
      metrics: measures(),
      coverage: 0.5,
      popularShare: 0.25,
    })),
    comparisons: cells
      .filter(({ contestant }) => contestant !== 'als')
      .map(({ question, contestant, k }) => ({
        question,
        contestant: 'als',
        against: contestant,
        k,
        metrics: judged(),
      })),
    groups: cells
      .filter(({ k }) => k === 10)
      .flatMap((cell) =>
        [1, 2].map((from) => ({ ...cell, from, to: from === 1 ? 1 : null, customers: 17, metrics: measures() })),
      ),
    training: {
      algorithm: 'als',
      options: { algorithm: 'als', factors: 64 },
      losses: [9, 5, 4],
      validation: { metric: 'recall@10', values: [0.1, 0.2, 0.15] },
      trainingMs: 1234,
      kernel: { backend: 'wasm', isa: 'simd', threads: 1 },
    },
    examples: [example()],
    conclusions: ['als beats popular.', 'als LOSES to gp-top.'],
    ...change,
  };
}

function example(change: Partial<ExampleCustomer> = {}): ExampleCustomer {
  return {
    customer: 'anna',
    earlierOrders: 2,
    history: [{ time: Date.UTC(2025, 0, 31), products: [{ product: 'T', name: 'Tea' }, { product: 'J' }] }],
    list: [
      { product: 'T', name: 'Tea', hit: true, ordersBefore: 3 },
      { product: 'M', name: 'Milk', hit: false, ordersBefore: 0 },
    ],
    targets: [
      { product: 'S', name: 'Sugar', ordersBefore: 0 },
      { product: 'T', name: 'Tea', ordersBefore: 3 },
    ],
    ...change,
  };
}

/** An evaluation without anything to compare, and without the parts that may be absent. */
function bare(change: Partial<Evaluation> = {}): Evaluation {
  const full = made();
  return made({
    contestants: full.contestants.slice(0, 1),
    results: full.results.filter(({ question, contestant }) => question === 'all' && contestant === 'als'),
    comparisons: [],
    groups: [],
    training: undefined,
    examples: [],
    conclusions: ['Only one customer could be measured.'],
    ...change,
  });
}

const empty = new Set(['meta', 'line', 'path']);

/** The elements in order; throws if one is not closed or a text is not escaped. */
function elementsOf(page: string): { name: string; attributes: Map<string, string> }[] {
  const elements: { name: string; attributes: Map<string, string> }[] = [];
  const open: string[] = [];
  const body = page.replace(/^<!doctype html>/, '').replace(/<style>[^<]*<\/style>/, '');
  let end = 0;
  for (const tag of body.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z:][a-zA-Z0-9:-]*(?:="[^"<]*")?)*)\s*(\/?)>/g)) {
    const text = body.slice(end, tag.index);
    assert.not.match(text, /[<>]|&(?!(amp|lt|gt|quot|#39);)/);
    end = tag.index + tag[0].length;
    if (tag[1]) {
      assert.is(open.pop(), tag[2], body.slice(end - 200, end));
      continue;
    }
    const attributes = new Map(
      [...tag[3].matchAll(/([a-zA-Z:][a-zA-Z0-9:-]*)(?:="([^"]*)")?/g)].map((a) => [a[1], a[2] ?? '']),
    );
    elements.push({ name: tag[2], attributes });
    if (!tag[4] && !empty.has(tag[2])) open.push(tag[2]);
  }
  assert.equal(open, []);
  assert.is(body.slice(end).trim(), '');
  return elements;
}

function textOf(page: string): string {
  const text = page.replace(/<style>[^<]*<\/style>/, '').replace(/<[^>]*>/g, ' ');
  return text
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

/** Renders a page and checks what must hold for every page. */
async function checked(evaluation: Evaluation): Promise<string> {
  const page = await reportHtml(evaluation);
  const elements = elementsOf(page);
  assert.not.match(page, /NaN|undefined|Infinity|\[object|>null|>false|>true/);
  assert.not.match(page, /https?:|url\(|@import|javascript:/i);
  for (const { name, attributes } of elements) {
    assert.not.ok(['script', 'link', 'img', 'iframe', 'object', 'embed', 'use', 'image'].includes(name), name);
    for (const attribute of attributes.keys()) assert.not.match(attribute, /^(on|src|href|xlink)/);
    if (name === 'svg') assert.ok(attributes.get('aria-label') || attributes.get('aria-hidden'));
  }
  assert.is(elements.filter(({ name }) => name === 'h1').length, 1);
  const tables = elements.filter(({ name }) => name === 'table').length;
  assert.is(elements.filter(({ name }) => name === 'caption').length, tables);
  return page;
}

test('is one page that loads nothing, runs nothing, and labels its charts and tables', async () => {
  const page = await checked(made());
  assert.match(page, /^<!doctype html>\n<html lang="en">/);
  assert.ok(page.includes(`content="default-src 'none'; style-src 'unsafe-inline'"`));
  assert.ok(page.includes('prefers-color-scheme: dark'));
  assert.ok(page.includes('@media print'));
});

test('begins with the conclusions, word for word', async () => {
  const text = textOf(await reportHtml(made()));
  assert.ok(text.indexOf('als beats popular.') < text.indexOf('als LOSES to gp-top.'));
  assert.ok(text.indexOf('als LOSES to gp-top.') < text.indexOf('What was measured'));
});

test('tables hold every contestant, length, metric, mean, and standard error', async () => {
  const evaluation = made();
  const page = await reportHtml(evaluation);
  for (const { metrics: of } of evaluation.results) {
    for (const metric of metrics) {
      assert.ok(page.includes(`<td>${of[metric].mean.toFixed(4).replace(/^0/, '')}<small>± .0123</small>`), metric);
    }
  }
  for (const name of ['Recall', 'NDCG', 'Hit rate', 'Precision', 'MRR', 'MAP']) {
    assert.is(page.split(`<th scope="col">${name}</th>`).length - 1, 12);
  }
  for (const { name, description } of evaluation.contestants) {
    assert.ok(page.includes(`<th scope="row">${name}</th>`));
    assert.ok(page.includes(description));
  }
  const text = textOf(page);
  for (const note of ['The orders have no ids.', 'have only one order', 'The last order is predicted.', '1970-01-02']) {
    assert.ok(text.includes(note), note);
  }
});

test('differences say whether the model is better, worse, or level', async () => {
  const page = await reportHtml(made());
  for (const verdict of ['better', 'tie', 'worse'])
    assert.match(page, new RegExp(`−.0100<small>[^/]+/small>\\s*<small class="[a-z]+">${verdict}<`));
  assert.match(page, /<span class="bad">ahead<\/span>/);
});

test('there is a chart for every question, and for each training curve', async () => {
  const count = (page: string, text: string) => page.split(text).length - 1;
  const page = await reportHtml(made());
  // Recall, NDCG, by length, by orders, by coverage; loss and validation.
  assert.is(count(page, '<figure>'), 5 * 3 + 2);
  const short = await reportHtml(made({ ks: [10], training: undefined, groups: [] }));
  assert.is(count(short, '<figure>'), 3 * 3);
});

test('the parts of the hits, the kind of shop, and the guards that acted are told', async () => {
  const full = made();
  const shares = { taste: 0.75, neighbours: 0.25 };
  const guards = [{ question: 'explore', baseline: 'popular', action: nasty }] as const;
  const page = await checked(
    made({
      parts: [
        { question: 'all', hits: 1234, shares },
        { question: 'repeat', hits: 5, shares: { taste: 0.5, habit: 0.5 } },
      ],
      training: { ...full.training!, shop: { rebought: 0.34 }, guards },
    }),
  );
  const text = textOf(page).replace(/\s+/g, ' ');
  assert.ok(text.includes('Hits taste neighbours habit What customers buy next 1,234 75% 25% 0%'));
  assert.ok(text.includes('What customers buy again 5 50% 0% 50%'));
  assert.ok(text.includes('Shop 34% of what returning customers order they have bought before'));
  assert.ok(text.includes('Guard popular found more of what customers buy for the first time'));
  assert.ok(text.includes(nasty));
});

test('windows of time have a chart for every question', async () => {
  const full = made();
  const windows = full.groups.map(({ from, to, ...one }) => ({ ...one, window: from - 1 }));
  const protocol = { ...full.protocol, windows: [{ from: 0, to: 864e5 }, { from: 864e5 }] };
  const page = await checked(made({ windows, protocol }));
  assert.is(page.split('<figure>').length - 1, 6 * 3 + 2);
  assert.match(textOf(page), /from 1970-01-02, 17 customers: \.\d{4}/);
});

test('examples show what was bought, what was listed, and which of it was bought later', async () => {
  const page = await reportHtml(made());
  const text = textOf(page).replace(/\s+/g, ' ');
  assert.ok(text.includes('2 earlier orders 2025-01-31 Tea; J'));
  assert.ok(text.includes('Tea 3 times before ✓ bought Milk'));
  assert.ok(text.includes('Then bought (1 of 2 listed) Tea 3 times before ✓ listed Sugar'));
});

test('texts from the data are escaped', async () => {
  const product = { product: nasty, name: nasty };
  const listed = { ...product, hit: true, ordersBefore: 1 };
  const history = [{ products: [product] }];
  const page = await checked(
    made({
      examples: [example({ customer: nasty, history, list: [listed], targets: [{ ...product, ordersBefore: 1 }] })],
      conclusions: [nasty],
      protocol: { name: 'time', description: nasty },
      contestants: made().contestants.map((one) => ({ ...one, description: nasty })),
    }),
  );
  // Customer, history, list, target; conclusion, protocol, three contestants.
  assert.is(textOf(page).split(nasty).length - 1, 9);
});

test('names of contestants are escaped in charts, too', async () => {
  const rename = (name: string) => (name === 'als' ? nasty : name);
  const { contestants, results, comparisons, groups } = made();
  const page = await checked(
    made({
      contestants: contestants.map((one) => ({ ...one, name: rename(one.name) })),
      results: results.map((one) => ({ ...one, contestant: rename(one.contestant) })),
      comparisons: comparisons.map((one) => ({ ...one, contestant: rename(one.contestant) })),
      groups: groups.map((one) => ({ ...one, contestant: rename(one.contestant) })),
    }),
  );
  assert.is(page.split('<figure>').length - 1, 17);
});

test('long histories, long lists, and long names are shortened', async () => {
  const long = { product: '𝒳'.repeat(50_000) };
  const many = Array.from({ length: 1000 }, () => long);
  const order = { products: many };
  const listed = many.map((one) => ({ ...one, hit: false, ordersBefore: 0 }));
  const customer = example({ history: many.map(() => order), list: listed, targets: listed });
  const page = await checked(made({ examples: Array.from({ length: 100 }, () => customer) }));
  assert.ok(page.length < 1e6, `${page.length} characters`);
  assert.ok(textOf(page).includes('and 992 more'));
  assert.ok(textOf(page).includes('996 earlier orders'));
  assert.not.match(page, /\p{Surrogate}/u);
});

test('one customer, one contestant, and one length give no error bars and no comparison', async () => {
  const one = { all: { customers: 1, targets: 1 }, explore: { customers: 0, targets: 0 } };
  const { account, results } = bare();
  const unknown = (measures: Record<Metric, Measure>) => {
    return each((metric) => ({ mean: measures[metric].mean, standardError: null }));
  };
  const page = await checked(
    bare({
      ks: [10],
      account: { ...account, measured: 1, targets: { ...one, repeat: one.explore }, unmeasured: [], notes: [] },
      results: results
        .filter(({ k }) => k === 10)
        .map((one) => ({ ...one, customers: 1, metrics: unknown(one.metrics) })),
    }),
  );
  const text = textOf(page);
  assert.ok(text.includes('Only one customer could be measured.'));
  assert.ok(text.includes('nothing to measure'));
  assert.not.ok(text.includes('±'));
});

test('an evaluation without results still gives a page', async () => {
  const page = await checked(bare({ ks: [], contestants: [], results: [], conclusions: ['Nothing was measured.'] }));
  assert.ok(textOf(page).includes('Nothing was measured.'));
  await checked(bare({ contestants: [], results: [], conclusions: [] }));
});

test('zero and unknown figures leave no holes in the charts', async () => {
  const zero = each(() => ({ mean: 0, standardError: 0 }));
  const full = made();
  await checked(
    made({ results: full.results.map((one) => ({ ...one, metrics: zero, coverage: 0, popularShare: 0 })) }),
  );
  const lost = each(() => ({ mean: Number.NaN, standardError: null }));
  await checked(made({ results: full.results.map((one) => ({ ...one, metrics: lost, coverage: Number.NaN })) }));
  const losses = [Number.NaN, 3, Number.POSITIVE_INFINITY, 2];
  await checked(made({ training: { ...full.training!, losses } }));
  await checked(made({ training: { ...full.training!, losses: [], validation: undefined } }));
  await checked(
    made({ training: { ...full.training!, losses: Array.from({ length: 20_000 }, (_, i) => 1 / (i + 1)) } }),
  );
});

test.run();
