/** The model that answers, those before it, and the runs that were to bring a new one. */
import { html } from 'hono/html';
import type { RetrainingHistory, RetrainingRun } from '../../../live/retraining/history.ts';
import type { RetrainingStatus } from '../../../live/retraining/outcome.ts';
import type { ShopModel } from '../../../live/retraining/shop-retraining.ts';
import type { Gate } from '../../../model/model.ts';
import { table, words } from '../../../page/parts.ts';
import type { Markup } from '../../../page/svg.ts';
import { mainResult } from '../../../tuning/describe-measured.ts';
import { dateOf, digits, percent, plural } from '../../../wording.ts';
import { capitalized, firstLine, sentence } from '../words.ts';

/** Models in the table: kept ones are three at most, unless files are damaged. */
const maxModels = 10;

/** @param models the one that answers first. */
export function modelsTable(models: readonly ShopModel[]): Markup {
  const shown = models.slice(0, maxModels);
  const left = models.length - shown.length;
  return html`${table(
    'This model and those before it',
    ['Trained', 'Its lists find', 'Best-sellers find', words('Compared with the one before it'), words('Version')],
    shown.map((model) => ({
      name: html`${model.trainedAt === 0 ? '–' : dateOf(model.trainedAt).slice(0, 10)}<small>${stateOf(model)}</small>`,
      cells: [
        ...sharesOf(model),
        model.problem === undefined ? gateCell(model.gate) : html`<span class="prose">${model.problem}</span>`,
        html`<small>${model.version}</small>`,
      ],
      model: model.isServed,
    })),
  )}
${left > 0 && html`<p class="soft">${plural(left, 'One more model is', '# more models are')} kept.</p>`}
<p class="soft">Each was measured on the last orders that it knew of, so figures of two models also differ because the shop
does. Whether a new model is better than the one before it is measured on the same orders, which neither had seen.</p>`;
}

function stateOf({ isServed, wasRolledBack, problem }: ShopModel): string {
  if (isServed) return 'answers now';
  if (problem !== undefined) return 'damaged';
  return wasRolledBack ? 'kept; was rolled back' : 'kept for a rollback';
}

function sharesOf({ measured }: ShopModel): unknown[] {
  if (!measured) return ['not measured', '–'];
  const { model, baselines, question } = mainResult(measured);
  const popular = baselines.find(({ name }) => name === 'popular');
  const what = question === 'explore' ? 'of what was new to customers' : 'of what was bought next';
  return [html`${percent(model.recall.mean)}<small>${what}</small>`, popular ? percent(popular.recall.mean) : '–'];
}

const verdicts: Record<Gate['outcome'], readonly [text: string, look: string]> = {
  better: ['better', 'good'],
  tie: ['as good, within chance', 'soft'],
  worse: ['worse', 'bad'],
  too_few: ['too little was new to compare', 'soft'],
  damaged: ['damaged', 'bad'],
};

function gateCell(gate: Gate | undefined): Markup {
  if (!gate) return html`<span class="soft">not compared</span>`;
  const [text, look] = verdicts[gate.outcome];
  return html`<span class="${look}">${text}</span>${intervalOf(gate)}`;
}

/** The gain that decided, with its interval. */
function intervalOf({ unshown, results, question }: Gate): Markup | '' {
  const decisive = unshown?.result ?? results.find((result) => result.question === question);
  if (!decisive) return '';
  const { gain, error, customers } = decisive;
  const text = (value: number) => `${value < 0 ? '−' : '+'}${digits(Math.abs(value))}`;
  const between = error === undefined ? '' : `, between ${text(gain - 2 * error)} and ${text(gain + 2 * error)}`;
  return html`<small>${text(gain)}${between}</small><small>recall + NDCG,
${plural(customers, 'one customer', '# customers')}</small>`;
}

const outcomes: Record<RetrainingRun['outcome'], readonly [text: string, look: string]> = {
  swapped: ['a new model answers', 'good'],
  unchanged: ['nothing new', 'soft'],
  refused: ['refused', 'bad'],
  failed: ['failed', 'bad'],
};

/** The runs of a shop, by whichever process, with what runs now and what is due. */
export function runsList({ runs, problem }: RetrainingHistory, status: RetrainingStatus | undefined): Markup {
  const { running, last, next } = status ?? {};
  // What could not be remembered is known for as long as the server runs.
  const all = last && !runs.some(({ startedAt }) => startedAt === last.startedAt) ? [last, ...runs] : runs;
  const facts = [
    ...(running ? [`A run is under way since ${dateOf(running.startedAt)} (UTC): ${running.stage}.`] : []),
    ...(next === undefined ? [] : [`The next one is due at ${dateOf(next)} (UTC).`]),
    ...(problem === undefined ? [] : [`Earlier runs are missing: ${problem}.`]),
  ];
  const none = html`<p>No run yet. With <code>endcap serve --orders orders.csv --retrain '0 3 * * *'</code> the model learns
every night; a new one answers only if it is not worse than the one before.</p>`;
  return html`${facts.length > 0 && html`<p>${facts.join(' ')}</p>`}
${
  all.length === 0
    ? none
    : table(
        `The last ${plural(all.length, 'run', '# runs')}`,
        ['Began (UTC)', words('Outcome'), words('Why'), 'Took'],
        all.map(({ startedAt, outcome, reason, version, seconds }) => {
          const [text, look] = outcomes[outcome];
          const became = outcome === 'swapped' && version !== undefined ? html`<small>${version}</small>` : '';
          return {
            name: dateOf(startedAt),
            cells: [
              html`<span class="${look}">${text}</span>${became}`,
              html`<span class="prose">${capitalized(sentence(firstLine(reason)))}</span>`,
              tookOf(seconds),
            ],
          };
        }),
      )
}`;
}

/** `42 s`, `12 min` */
function tookOf(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
