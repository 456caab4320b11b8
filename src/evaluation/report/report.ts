import { html } from 'hono/html';
import { metricNames, questionHeadings } from '../../measuring/protocols/wording.ts';
import { type EvaluationQuestion, questions } from '../../measuring/questions.ts';
import { type Comparison, type Metric, metrics, type Result } from '../../measuring/results.ts';
import { facts, measureCell, table, verdictClasses } from '../../page/parts.ts';
import { cut, type Markup } from '../../page/svg.ts';
import { describePicked } from '../../tuning/describe.ts';
import { describeFindings } from '../../tuning/describe-shop.ts';
import { version } from '../../version.ts';
import { dateOf, dayOf, number, percent, plural } from '../../wording.ts';
import { overallVerdict } from '../conclusions.ts';
import { partNames } from '../part-shares.ts';
import type { Evaluation, ExampleCustomer, ExampleProduct } from '../types.ts';
import { besideBaselines, byCoverage, byLength, byOrders, byWindow, training } from './charts.ts';
import { page } from './page.ts';

/** How much of the examples is shown, however much the evaluation holds. */
const limits = { examples: 12, orders: 6, productsOfOrder: 8, list: 20, targets: 20, characters: 100 };

/**
 * An evaluation as an HTML page for people: conclusions in plain words, tables, charts, and real customers. The page is
 * one file that loads nothing and runs no script; it can be printed, and follows the reader's light or dark theme. Texts
 * from the data are escaped and shortened, and few examples are shown, which keeps the page below about a megabyte.
 *
 * @example
 * await writeFile('report.html', await reportHtml(await evaluate(dataset)));
 */
export async function reportHtml(evaluation: Evaluation): Promise<string> {
  const { contestants, conclusions, protocol, results } = evaluation;
  const title = `How well ${contestants[0]?.name ?? 'nothing'} predicts what customers buy next`;
  const [first, ...others] = conclusions;
  const charted = withoutAblations(evaluation);
  const asked = questions.filter((question) => results.some((one) => one.question === question));
  const body = html`<main>
<h1>${title}</h1>
<p class="soft">${protocol.description}</p>
<section class="conclusions" aria-label="Conclusions"><p>${first}</p>
${others.length > 0 && html`<ul>${others.map((text) => html`<li>${text}</li>`)}</ul>`}</section>
${howMeasured(evaluation)}
${besideBaselines(charted)}
${asked.map((question) => questionTables(evaluation, question))}
${byLength(charted)}
${byOrders(charted)}
${byWindow(charted)}
${byCoverage(charted)}
${byPart(evaluation)}
${training(evaluation)}
${examples(evaluation)}
${glossary(evaluation)}
</main>
<footer>Made by Endcap ${version}.</footer>`;
  return `${await page(title, html`${body}`)}`;
}

/** In charts, the model without a part would hide the model. */
function withoutAblations(evaluation: Evaluation): Evaluation {
  const contestants = evaluation.contestants.filter(({ kind }) => kind !== 'ablation');
  const names = new Set(contestants.map(({ name }) => name));
  const results = evaluation.results.filter(({ contestant }) => names.has(contestant));
  return { ...evaluation, contestants, results };
}

function howMeasured({ protocol, account, contestants, training }: Evaluation): Markup {
  const { targets, unmeasured, notes, measured } = account;
  const during = (span: typeof protocol.trained) => {
    const dates = new Set(span && [dateOf(span.first), dateOf(span.last)]);
    return dates.size > 0 ? `, ${[...dates].join(' to ')}` : '';
  };
  const picked = training && describePicked(training);
  const { customers, products, orders, pairs } = account.training;
  const data =
    `${plural(orders, 'one order', '# orders')} of ${plural(customers, 'one customer', '# customers')}, ` +
    `${plural(products, 'one product', '# products')}, ` +
    plural(pairs, 'one customer-product pair', '# customer-product pairs');
  return html`<h2>What was measured</h2>
${facts([
  ['Trained on', data + during(protocol.trained)],
  ['Measured', plural(measured, 'one customer', '# customers') + during(protocol.heldOut)],
  ...questions.map((question): [string, string] => {
    const { customers, targets: products } = targets[question];
    const counts = `${plural(customers, 'one customer', '# customers')}, ${plural(products, 'one product', '# products')} that they then bought`;
    return [questionHeadings[question], customers > 0 ? counts : 'nothing to measure'];
  }),
  ...unmeasured.map(({ customers, reason }): [string, string] => {
    return ['Not measured', `${plural(customers, 'one customer', '# customers')} who ${reason}`];
  }),
  ...(picked === undefined ? [] : [['Options picked', picked] as const]),
  ...(training ? describeFindings(training) : []).map(([heading, text]): [string, string] => [
    heading[0].toUpperCase() + heading.slice(1),
    text,
  ]),
  ...notes.map((note): [string, string] => ['Note', note]),
  ...contestants.map(({ name, kind, description }): [string, unknown] => [
    name,
    `${description}${kind === 'baseline' ? ' (a baseline)' : ''}`,
  ]),
])}`;
}

/** What the scores of hits are made of; nothing if scores have no parts. */
function byPart({ parts = [], mainK }: Evaluation): Markup | undefined {
  if (parts.length === 0) return undefined;
  const names = partNames(parts);
  const rows = parts.map(({ question, hits, shares }) => ({
    name: questionHeadings[question],
    cells: [number(hits), ...names.map((name) => percent(shares[name] ?? 0))],
  }));
  return html`<h2>What the hits are made of</h2>
<p class="soft">How much each part of the score lifts the products that were then bought above other products, as a mean over
the hits in the first ${mainK} places.</p>
${table('Share of each part', ['', 'Hits', ...names], rows)}`;
}

/** The tables of one question. */
function questionTables(
  { results, comparisons, contestants, ks, mainK, account }: Evaluation,
  question: EvaluationQuestion,
) {
  const model = contestants[0].name;
  const names = metrics.map((metric) => metricNames[metric]);
  const against = (k: number) => comparisons.filter((one) => one.question === question && one.k === k);
  const standing = (name: string, k: number) => {
    const comparison = against(k).find((one) => one.against === name);
    if (!comparison) return '';
    const verdict = overallVerdict(comparison);
    return html`<span class="${verdictClasses[verdict]}">${{ better: 'beaten', tie: 'tie', worse: 'ahead' }[verdict]}</span>`;
  };
  const means = (k: number) =>
    table(
      `Lists of ${k}`,
      ['', ...names, 'Coverage', 'Popular', ...(against(k).length > 0 ? [`Against ${model}`] : [])],
      ofQuestion(results, question, k).map(({ contestant, metrics: values, coverage, popularShare }) => ({
        name: contestant,
        model: contestant === model,
        cells: [
          ...metrics.map((metric) => measureCell(values[metric])),
          percent(coverage),
          percent(popularShare),
          ...(against(k).length > 0 ? [standing(contestant, k)] : []),
        ],
      })),
    );
  const differences = (k: number) =>
    against(k).length > 0 &&
    table(
      `Lists of ${k}: ${model} minus the others`,
      ['', ...names],
      against(k).map((one) => ({ name: one.against, cells: metrics.map((metric) => difference(one, metric)) })),
    );
  const rest = ks.filter((k) => k !== mainK);
  const { customers, targets } = account.targets[question];
  return html`<h2>${questionHeadings[question]}</h2>
<p class="soft">${plural(customers, 'One customer', '# customers')}, ${plural(targets, 'one product', '# products')} that
they then bought. The standard error is below each figure.</p>
${means(mainK)}${differences(mainK)}
${rest.length > 0 && html`<details><summary>Lists of ${rest.join(', ')}</summary>${rest.map((k) => [means(k), differences(k)])}</details>`}`;
}

function examples({ examples, contestants }: Evaluation): Markup | undefined {
  if (examples.length === 0) return undefined;
  return html`<h2>Real customers</h2>
<p class="soft">Drawn at random from the measured customers, with the lists of ${contestants[0].name}.</p>
${examples.slice(0, limits.examples).map(example)}`;
}

function example({ customer, earlierOrders, history, list, targets }: ExampleCustomer): Markup {
  const orders = history.slice(-limits.orders);
  const earlier = earlierOrders + history.length - orders.length;
  const listed = new Set(list.filter(({ hit }) => hit).map(({ product }) => product));
  const before = (orders: number) => orders > 0 && html` <small>${plural(orders, 'once', '# times')} before</small>`;
  const inList = (product: string) => listed.has(product);
  const found = [...targets].sort((a, b) => Number(inList(b.product)) - Number(inList(a.product)));
  return html`<article><h3>Customer ${cut(customer, limits.characters)}</h3><div class="columns">
<section><h4>Had bought</h4><ul>${earlier > 0 && html`<li class="soft">${plural(earlier, 'one earlier order', '# earlier orders')}</li>`}
${orders.map(({ time, products }) => {
  const names = products.slice(0, limits.productsOfOrder).map(nameOf).join('; ');
  return html`<li>${time !== undefined && html`<b>${dayOf(time)}</b> `}${names}${andMore(products.length - limits.productsOfOrder)}</li>`;
})}</ul></section>
<section><h4>Was listed</h4>${list.length === 0 ? html`<p class="soft">nothing</p>` : ''}
<ol>${list.slice(0, limits.list).map((one) => {
    return html`<li>${nameOf(one)}${before(one.ordersBefore)}${one.hit && html` <b class="good">✓ bought</b>`}</li>`;
  })}</ol>${andMore(list.length - limits.list)}</section>
<section><h4>Then bought (${listed.size} of ${targets.length} listed)</h4><ul>${found
    .slice(0, limits.targets)
    .map((one) => {
      return html`<li>${nameOf(one)}${before(one.ordersBefore)}${inList(one.product) && html` <b class="good">✓ listed</b>`}</li>`;
    })}</ul>${andMore(targets.length - limits.targets)}</section>
</div></article>`;
}

function glossary({ mainK }: Evaluation): Markup {
  return html`<h2>Glossary</h2>
${facts([
  [
    'Recall',
    `Share of the products a customer then bought that are among the first ${mainK} of the list, or the number stated.`,
  ],
  ['NDCG', 'Like recall, but a product higher on the list counts more; 1 if the list begins with everything bought.'],
  ['Hit rate', 'Share of customers whose list contains at least one product that they then bought.'],
  ['Precision', 'Share of the places in the list that hold a product they then bought.'],
  ['MRR', '1 / place of the first such product; 0 without one.'],
  ['MAP', 'Precision at each such product, averaged.'],
  ['Coverage', 'Share of all products that are in at least one list.'],
  [
    'Popular',
    'Share of the places in all lists that hold a popular product: one of the tenth that is in the most orders.',
  ],
  ['better, worse', 'The difference, over the same customers, is larger than two standard errors.'],
  ['tie', 'The difference is within two standard errors: it may be chance.'],
  [
    'beaten, ahead',
    'Beaten: the model is better in recall or NDCG and worse in neither. Ahead: the model is worse in recall or NDCG.',
  ],
])}`;
}

function ofQuestion(results: readonly Result[], question: EvaluationQuestion, k: number): Result[] {
  return results.filter((one) => one.question === question && one.k === k);
}

function difference({ metrics }: Comparison, metric: Metric): Markup {
  const { mean, standardError, verdict } = metrics[metric];
  return measureCell({ mean: Math.abs(mean), standardError }, verdict, mean < 0 ? '−' : '+');
}

function nameOf({ product, name }: ExampleProduct): string {
  return cut(name ?? product, limits.characters);
}

function andMore(products: number): Markup | false {
  return products > 0 && html` <small>and ${number(products)} more</small>`;
}
