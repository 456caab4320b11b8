/** The sections of the report with charts. */
import { html } from 'hono/html';
import { metricNames, questionHeadings, withStandardError } from '../../measuring/protocols/wording.ts';
import { type EvaluationQuestion, questions } from '../../measuring/questions.ts';
import type { GroupResult, Measure, Metric } from '../../measuring/results.ts';
import { facts, measureCell, table } from '../../page/parts.ts';
import { dotChart, legend, lineChart, type Markup, type PlotPoint } from '../../page/svg.ts';
import { compact, dayOf, digits, number, percent, plural } from '../../wording.ts';
import { ordersText } from '../conclusions.ts';
import type { Evaluation } from '../types.ts';

/** Nothing if there is nothing to show. */
type Section = Markup | undefined;

/** Longer curves are thinned out. */
const maxEpochsShown = 500;

/** All contestants at the main length of lists, on each question. */
export function besideBaselines({ results, contestants, mainK }: Evaluation): Section {
  const main = results.filter(({ k }) => k === mainK);
  if (main.length === 0) return undefined;
  const chart = (question: EvaluationQuestion, metric: Metric) => {
    const rows = main
      .filter((one) => one.question === question)
      .map(({ contestant: name, metrics: { [metric]: measure } }) => {
        const style = contestants.findIndex((one) => one.name === name);
        return { name, style, point: pointOf(0, measure, name) };
      });
    return rows.length > 0 && dotChart(questionHeadings[question], `${metricNames[metric]}@${mainK}`, rows, digits);
  };
  const charts = (metric: Metric) => html`<h3>${metricNames[metric]}@${mainK}</h3>
<div class="charts">${questions.map((question) => chart(question, metric))}</div>`;
  return html`<h2>Side by side</h2>
<p class="soft">Means over customers; the bars extend two standard errors to either side. To see whether a difference may be
chance, use the tables below: they compare customer by customer, which is more precise than comparing bars.</p>
${charts('recall')}${charts('ndcg')}`;
}

export function byLength({ results, contestants, ks }: Evaluation): Section {
  if (ks.length < 2 || results.length === 0) return undefined;
  const chart = (question: EvaluationQuestion) => {
    const lines = linesOf(
      contestants,
      results.filter((one) => one.question === question),
      ({ k, contestant, metrics }) => pointOf(ks.indexOf(k), metrics.recall, `${contestant}, lists of ${k}`),
    );
    const x = { label: 'length of the lists', places: ks.map((k) => [String(k)]) };
    return lineChart(questionHeadings[question], lines, { x, y: { label: 'recall', fromZero: true } });
  };
  return html`<h2>Recall by length of the lists</h2>
${legend(contestants.map(({ name }) => name))}
<div class="charts">${questionsIn(results).map(chart)}</div>`;
}

/** Nothing if all customers are in one group. */
export function byOrders({ groups, contestants, mainK }: Evaluation): Section {
  const model = contestants[0]?.name;
  const parts = questionsIn(groups).map((question) => {
    const own = groups.filter((one) => one.question === question && one.k === mainK);
    return { question, own, starts: own.filter(({ contestant }) => contestant === model) };
  });
  const several = parts.filter(({ starts }) => starts.length > 1);
  if (several.length === 0) return undefined;
  const charts = several.map(({ question, own, starts }) => {
    const lines = linesOf(contestants, own, (group) => {
      const place = starts.findIndex(({ from }) => from === group.from);
      return pointOf(place, group.metrics.recall, `${group.contestant}, ${ordersText(group)} before`);
    });
    const places = starts.map((group) => [range(group), `(${number(group.customers)})`]);
    const x = { label: 'orders before (customers)', places };
    const y = { label: `recall@${mainK}`, fromZero: true };
    return lineChart(questionHeadings[question], lines, { x, y }, { joined: false });
  });
  const tables = several.map(({ question, own, starts }) => {
    const rows = contestants.flatMap(({ name }, i) => {
      const found = own.filter(({ contestant }) => contestant === name);
      if (found.length === 0) return [];
      const cells = starts.map(({ from }) => {
        const group = found.find((one) => one.from === from);
        return group && measureCell(group.metrics.recall, group.difference?.recall.verdict);
      });
      return [{ name, cells, model: i === 0 }];
    });
    return table(`${questionHeadings[question]}: recall@${mainK}`, ['', ...starts.map(ordersText)], rows);
  });
  return html`<h2>Recall by number of orders before</h2>
${legend(contestants.map(({ name }) => name))}
<div class="charts">${charts}</div>
<details><summary>The figures</summary>
<p class="soft">Better and worse: how ${model} compares with this baseline.</p>${tables}</details>`;
}

/** Nothing if there is only one window. */
export function byWindow({ windows = [], protocol, contestants, mainK }: Evaluation): Section {
  const starts = protocol.windows?.map(({ from }) => dayOf(from));
  if (!starts || windows.length === 0) return undefined;
  const chart = (question: EvaluationQuestion) => {
    const own = windows.filter((one) => one.question === question);
    const lines = linesOf(contestants, own, ({ window, contestant, customers, metrics }) =>
      pointOf(
        window,
        metrics.recall,
        `${contestant}, from ${starts[window]}, ${plural(customers, 'one customer', '# customers')}`,
      ),
    );
    const few = starts.length <= 4;
    const x = { label: few ? 'window from' : 'window', places: starts.map((date, i) => [few ? date : String(i + 1)]) };
    return lineChart(questionHeadings[question], lines, { x, y: { label: `recall@${mainK}`, fromZero: true } });
  };
  return html`<h2>Recall by window</h2>
<p class="soft">Each window is predicted by models trained on the orders before it.</p>
${legend(contestants.map(({ name }) => name))}
<div class="charts">${questionsIn(windows).map(chart)}</div>`;
}

export function byCoverage({ results, contestants, mainK }: Evaluation): Section {
  const main = results.filter(({ k }) => k === mainK);
  if (main.length === 0 || contestants.length < 2) return undefined;
  const chart = (question: EvaluationQuestion) => {
    const own = main.filter((one) => one.question === question);
    const lines = linesOf(contestants, own, ({ contestant, coverage, metrics }) =>
      pointOf(coverage, metrics.recall, `${contestant}, coverage ${percent(coverage)}`),
    );
    const x = { label: 'coverage', format: percent, fromZero: true };
    const y = { label: `recall@${mainK}`, fromZero: true };
    return lineChart(questionHeadings[question], lines, { x, y }, { joined: false });
  };
  return html`<h2>Recall and coverage</h2>
<p class="soft">The higher, the more purchases are predicted; the further right, the more of all products are shown to
somebody.</p>
${legend(contestants.map(({ name }) => name))}
<div class="charts">${questionsIn(main).map(chart)}</div>`;
}

export function training({ training: report }: Evaluation): Section {
  if (!report) return undefined;
  const { algorithm, options, losses, validation, trainingMs, kernel } = report;
  const chart = (title: string, values: readonly number[]) => {
    if (values.length < 2) return undefined;
    const step = Math.ceil(values.length / maxEpochsShown);
    const few = values.length <= 12;
    const points = [...values.entries()]
      .filter(([i]) => i % step === 0 || i === values.length - 1)
      .map(([i, y]) => ({ x: few ? i : i + 1, y, text: `epoch ${i + 1}: ${compact(y)}` }));
    const x = { label: 'epoch', format: compact, ...(few && { places: points.map((_, i) => [String(i + 1)]) }) };
    return lineChart(title, [{ style: 0, points }], { x, y: { label: 'value', format: compact } });
  };
  const shown = Object.entries(options).filter(([name]) => name !== 'algorithm');
  return html`<h2>How the model was trained</h2>
${facts([
  ['Algorithm', algorithm],
  ['Options', shown.map(([name, value]) => `${name} ${value}`).join(', ')],
  ['Epochs', `${losses.length}, in ${compact(trainingMs / 1000, 2)} s`],
  ...(losses.length > 0 ? [['Last loss', compact(losses[losses.length - 1])] as const] : []),
  ['Kernel', `${kernel.backend} ${kernel.isa}, ${plural(kernel.threads, 'one thread', '# threads')}`],
])}
<div class="charts">${chart('Loss on the training part', losses)}
${validation && chart(`${validation.metric}, on orders held out of it`, validation.values)}</div>`;
}

function questionsIn(those: readonly { question: EvaluationQuestion }[]): EvaluationQuestion[] {
  return questions.filter((question) => those.some((one) => one.question === question));
}

/** One line for each contestant, in order, so that each keeps its style. */
function linesOf<T extends { contestant: string }>(
  contestants: Evaluation['contestants'],
  those: readonly T[],
  point: (one: T) => PlotPoint,
) {
  return contestants.map(({ name }, style) => {
    return { style, points: those.filter(({ contestant }) => contestant === name).map(point) };
  });
}

/** A point with an error bar of two standard errors to either side. */
function pointOf(x: number, measure: Measure, text: string): PlotPoint {
  return {
    x,
    y: measure.mean,
    reach: 2 * (measure.standardError ?? 0),
    text: `${text}: ${withStandardError(measure)}`,
  };
}

/** `1`, `3–4`, `20+` */
function range({ from, to }: GroupResult): string {
  if (to === null) return `${from}+`;
  return from === to ? String(from) : `${from}–${to}`;
}
