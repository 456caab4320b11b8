/** Whether the model is better than a list of best-sellers: a sentence and a picture, for this page and for Home. */
import { html } from 'hono/html';
import { questionHeadings } from '../../../measuring/protocols/wording.ts';
import type { Verdict } from '../../../measuring/results.ts';
import type { MeasuredBaseline, MeasuredMean, MeasuredModel, MeasuredResult } from '../../../model/measured.ts';
import type { ModelMetadata } from '../../../model/model.ts';
import { measureCell, table, verdictClasses } from '../../../page/parts.ts';
import { cut, dotChart, type Markup } from '../../../page/svg.ts';
import {
  baselineName,
  describeFound,
  describeMeasuring,
  describeStrongest,
  mainResult,
  points,
  strongestOf,
  verdictOver,
} from '../../../tuning/describe-measured.ts';
import { number, percent } from '../../../wording.ts';

type About = Pick<ModelMetadata, 'measured' | 'unchosen' | 'options'>;

/** What fits beside a chart. */
const shortNames: Record<string, string> = {
  popular: 'Best-sellers',
  'popular-60d': 'Sold lately',
  'p-top': 'Own favorites',
  'gp-top': 'Own, then best',
};

function shortName(name: string): string {
  return Object.hasOwn(shortNames, name) ? shortNames[name] : cut(name, 40);
}

/** Of the lists, the number of whose mark and color is its place. */
const styles = ['model', 'popular', 'popular-60d', 'p-top', 'gp-top'];

/**
 * Whether the lists are better than best-sellers: what the model finds of what customers bought next, and what best-sellers find, in a sentence or two; if that was not
 * measured, why, and what to do. One paragraph: `<p>`.
 */
export function foundSentence({ measured, unchosen, options }: About): Markup {
  if (!measured) return html`<p>${whyNotMeasured(unchosen, options)}</p>`;
  const main = mainResult(measured);
  const popular = main.baselines.find(({ name }) => name === 'popular');
  const answer = popular && html`<strong>${answers[verdictOver(popular)]}</strong> `;
  return html`<p>${answer}${describeFound(measured, main)} ${describeStrongest(main)}</p>`;
}

/** Whether the lists are better than best-sellers. */
const answers: Record<Verdict, string> = { better: 'Yes.', tie: 'Not clearly.', worse: 'No.' };

/**
 * The same as a picture: what lists of the model, best-sellers, and the simple lists that find most hold of what customers
 * bought, with intervals of 95 %. Undefined if that was not measured. A `<figure>`.
 */
export function foundChart({ measured }: Pick<ModelMetadata, 'measured'>): Markup | undefined {
  return measured && chartOf(measured, mainResult(measured));
}

function whyNotMeasured(unchosen: ModelMetadata['unchosen'], { algorithm }: ModelMetadata['options']): string {
  const measureIt = 'endcap evaluate measures how it compares with best-sellers.';
  if (algorithm === 'quantity')
    return `The model predicts how many of a product customers buy, which is not compared with best-sellers. ${measureIt}`;
  switch (unchosen) {
    case 'fast':
      return `Nobody knows yet whether the lists are better than best-sellers: the model was trained with --fast, which measures nothing. Train it without --fast, or run endcap evaluate.`;
    case 'given':
      return `Nobody knows yet whether the lists are better than best-sellers: all options were given, so that training measured nothing. ${measureIt}`;
    case 'no_history':
      return `Nobody knows whether the lists are better than best-sellers: the model was trained on orders that were added up to pairs, so that none could be held back to measure with.`;
    case 'too_few':
    case 'too_early':
      return 'Nobody can say yet whether the lists are better than best-sellers: there are too few orders to hold some back and measure with them. Train the model again when there are more than 500, of customers who come back.';
    default:
      return `Nobody knows whether the lists are better than best-sellers: the model does not say. Train it again with this version of Endcap, or run endcap evaluate.`;
  }
}

/** All that was measured: a chart for each question, on what it was measured, and the figures. */
export function foundInDetail(measured: MeasuredModel): Markup {
  const { results, n } = measured;
  return html`<div class="charts">${results.map((result) => chartOf(measured, result))}</div>
<p class="soft">Of each customer, the share of what they bought that is among ${n} products; the mean over customers, with its
interval of 95%. ${describeMeasuring(measured, mainResult(measured)).join(' ')}</p>
<details><summary>The figures</summary>${results.map((result) => tableOf(measured, result))}</details>`;
}

function chartOf({ n }: MeasuredModel, result: MeasuredResult): Markup {
  const { question, model } = result;
  const shown = new Set([result.baselines.find(({ name }) => name === 'popular'), strongestOf(result)]);
  const lists = [{ name: 'model', recall: model.recall }, ...Array.from(shown).filter((each) => each !== undefined)];
  return dotChart(
    questionHeadings[question],
    `share found in lists of ${n}`,
    lists.map(({ name, recall }) => {
      const [short, reach] = [name === 'model' ? 'This model' : shortName(name), 2 * recall.standardError];
      const [from, to] = [Math.max(0, recall.mean - reach), recall.mean + reach].map(exact);
      const text = `${short}: ${exact(recall.mean)}, between ${from} and ${to}`;
      return { name: short, style: styles.indexOf(name), point: { x: 0, y: recall.mean, reach, text } };
    }),
    percent,
    tick,
  );
}

function tableOf({ n }: MeasuredModel, { question, customers, model, baselines }: MeasuredResult): Markup {
  return table(
    `${questionHeadings[question]}: ${number(customers)} customers`,
    ['Lists', `Found in ${n}`, 'Nearer the top counts more (NDCG)', 'The model finds'],
    [
      { name: 'This model', cells: [shareCell(model.recall), measureCell(model.ndcg), ''], model: true },
      ...baselines.map((baseline) => ({
        name: named(baseline),
        cells: [shareCell(baseline.recall), measureCell(baseline.ndcg), gainCell(baseline)],
      })),
    ],
  );
}

function named({ name }: MeasuredBaseline): Markup | string {
  const [short, long] = [shortName(name), baselineName(name)];
  return short.toLowerCase() === long ? short : html`${short}<small>${long}</small>`;
}

const verdictWords: Record<Verdict, string> = { better: 'more', tie: 'may be chance', worse: 'less' };

function gainCell(baseline: MeasuredBaseline): Markup {
  const verdict = verdictOver(baseline);
  return html`${points(baseline.gain.recall)}<small class="${verdictClasses[verdict]}">${verdictWords[verdict]}</small>`;
}

function shareCell({ mean, standardError }: MeasuredMean): Markup {
  return html`${exact(mean)}<small>± ${(100 * standardError).toFixed(1)} points</small>`;
}

/** `20%`, along an axis. */
export function tick(share: number): string {
  return `${Math.round(1000 * share) / 10}%`;
}

/** `20.3%` */
function exact(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
