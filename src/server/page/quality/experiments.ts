/** What became of lists that were shown: of those in experiments by arm, and of all. */
import { html } from 'hono/html';
import type { AttributionCounts, AttributionReport } from '../../../live/attribution/report.ts';
import type { ArmMetric } from '../../../live/experiments/comparing.ts';
import type { ArmComparison, ExperimentReport } from '../../../live/experiments/report.ts';
import { table, words } from '../../../page/parts.ts';
import { cut, dotChart, type Markup } from '../../../page/svg.ts';
import { dateOf, dayOf, number, percent, plural } from '../../../wording.ts';
import { sourceWords } from '../words.ts';
import { tick } from './found.ts';

/** What a heading, and the first cell of a row, have room for; the rest is in the title. */
const [maxHeading, maxCell] = [60, 24];

const statuses: Record<ExperimentReport['status'], string> = {
  planned: 'has not begun',
  running: 'is running',
  paused: 'is paused',
  ended: 'has ended',
};

export function experimentPart(report: ExperimentReport): Markup {
  const { name, status, at, days, arms, comparisons, control, conclusions } = report;
  return html`<h3 title="${name}">${cut(name, maxHeading)}</h3>
<ul>${conclusions.map((text) => html`<li>${text}</li>`)}</ul>
${rateChart(arms)}
${table(
  `Arms of ${cut(name, maxHeading)}`,
  [
    'Arm',
    'Share',
    'Customers',
    'Lists',
    'Bought from a list',
    'Of what was bought, lists had',
    'Revenue a customer',
    words('Verdict'),
  ],
  arms.map(({ name, share, customers, lists, rate, recall, revenue }) => ({
    name: html`<span title="${name}">${cut(name, maxCell)}</span>`,
    cells: [
      `${share}%`,
      number(customers),
      number(lists),
      metricCell(rate, percent),
      metricCell(recall, percent),
      metricCell(revenue, number),
      name === control ? html`<span class="soft">compared with</span>` : verdictCell(comparisons, name),
    ],
    model: name === control,
  })),
)}
<p class="soft">The experiment ${statuses[status]}. A purchase within ${plural(days, 'a day', '# days')} after a list counts. The
intervals hold however often you look. Counted at ${dateOf(at)} (UTC).</p>`;
}

/** The share of customers who bought from a list. */
function rateChart(arms: ExperimentReport['arms']): Markup | '' {
  const known = arms.filter(({ rate: { value, low } }) => value !== null && low !== null);
  if (known.length === 0) return '';
  return dotChart(
    'Customers who bought from a list',
    'share, with its interval',
    known.map(({ name, rate }, style) => {
      const ends: [number, number] = [rate.low!, rate.high!];
      const text = `${name}: ${percent(rate.value!)}, between ${ends.map(percent).join(' and ')}`;
      return { name, style, point: { x: 0, y: rate.value!, ends, text } };
    }),
    percent,
    tick,
  );
}

const looks: Record<ArmComparison['verdict'], string> = {
  better: 'good',
  worse: 'bad',
  mixed: 'bad',
  tie: 'soft',
  waiting: 'soft',
};
const verdicts: Record<ArmComparison['verdict'], string> = {
  better: 'better',
  worse: 'worse',
  mixed: 'better by one figure, worse by another',
  tie: 'no difference',
  waiting: 'wait',
};

function verdictCell(comparisons: ExperimentReport['comparisons'], arm: string): Markup | string {
  const comparison = comparisons.find((each) => each.arm === arm);
  if (!comparison) return '';
  const { verdict, customersNeeded, verdictBy } = comparison;
  const isOpen = verdict === 'waiting' && customersNeeded !== null;
  const when = verdictBy === null ? '' : `, about ${dayOf(verdictBy)}`;
  return html`<span class="${looks[verdict]}">${verdicts[verdict]}</span>
${isOpen && html`<small>until ${number(customersNeeded)} customers are in both arms${when}</small>`}`;
}

function metricCell({ value, low, high }: ArmMetric, text: (value: number) => string): Markup | string {
  if (value === null) return '–';
  return html`${text(value)}${low !== null && high !== null && html`<small>${text(low)} to ${text(high)}</small>`}`;
}

/** Rows of each kind. */
const maxRows = 12;

export function attributionPart(report: AttributionReport): Markup {
  const { days, attributionDays, total, bySource, byScenario, byModel, until } = report;
  const { lists, rate, interval } = total;
  if (lists === 0 || rate === undefined || interval === undefined)
    return html`<p>No list was shown to a customer in the last ${plural(Math.round(days), 'day', '# days')}.</p>`;
  const groups = [
    ...rowsOf('by what they are made from', bySource, sourceWords),
    ...rowsOf('by scenario', byScenario),
    ...rowsOf('by model', byModel),
  ];
  return html`<p>Of ${number(lists)} lists of the last ${plural(Math.round(days), 'day', '# days')}, ${percent(rate)} led to a
purchase (between ${percent(interval[0])} and ${percent(interval[1])}): a product of the list was bought within
${plural(attributionDays, 'a day', '# days')}.</p>
${table(
  'Lists that led to purchases',
  ['Lists', 'Shown', 'Customers', 'Led to a purchase', 'Products bought', 'New to the customer'],
  [{ name: 'All', ...cellsOf(total), model: true }, ...groups],
)}
<p class="soft">That says nothing of what would have been bought without the lists: an experiment does. Counted at
${dateOf(until)} (UTC).</p>`;
}

function rowsOf(
  kind: string,
  groups: Readonly<Record<string, AttributionCounts>>,
  called: Readonly<Record<string, string>> = {},
) {
  const names = Object.keys(groups).sort((a, b) => groups[b].lists - groups[a].lists);
  return names.slice(0, maxRows).map((name) => ({
    name: html`<span title="${name}">${called[name] ?? cut(name, maxCell)}</span><small>${kind}</small>`,
    ...cellsOf(groups[name]),
  }));
}

function cellsOf({ lists, customers, rate, interval, products, newProducts }: AttributionCounts) {
  const share =
    rate === undefined || interval === undefined
      ? '–'
      : html`${percent(rate)}<small>${interval.map(percent).join(' to ')}</small>`;
  return { cells: [number(lists), number(customers), share, number(products), number(newProducts)] };
}
