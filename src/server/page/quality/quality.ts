import { html } from 'hono/html';
import { EndcapError } from '../../../errors.ts';
import type { ShopModel } from '../../../live/retraining/shop-retraining.ts';
import type { ServingShop } from '../../../live/types.ts';
import type { ModelMetadata } from '../../../model/model.ts';
import type { Markup } from '../../../page/svg.ts';
import type { Page } from '../page.ts';
import { attributionPart, experimentPart } from './experiments.ts';
import { foundInDetail, foundSentence } from './found.ts';
import { type Lately, lately } from './lately.ts';
import { modelsTable, runsList } from './models.ts';

/** Whether the recommender is better than a list of best-sellers, and how anybody knows. */
export const quality: Page = {
  path: '/quality',
  place: 'quality',
  async render({ answering: { model }, shop }) {
    const { metadata } = model;
    const [models, runs, experiments, attribution] = await Promise.all([
      modelsPart(shop, metadata),
      shop ? orProblem(() => runsPart(shop)) : html`<p>${withoutShop}</p>`,
      shop ? experimentsPart(shop) : html`<p>${withoutShop}</p>`,
      shop ? listsPart(shop) : html`<p>${withoutShop}</p>`,
    ]);
    return {
      title: 'Is it better than a list of best-sellers?',
      body: html`<div class="conclusions">${foundSentence(metadata)}</div>
${metadata.measured && foundInDetail(metadata.measured)}
<h2>Experiments</h2>
<div data-live="experiments">${experiments}</div>
<h2>Lists that led to purchases</h2>
<div data-live="attribution">${attribution}</div>
<h2>This model and earlier ones</h2>
${models}
<h2>Retraining</h2>
<div data-live="runs">${runs}</div>
<h2>To learn more</h2>
<p><code>endcap evaluate orders.csv --report report.html</code> measures more: more lists, item-to-item methods, groups of
customers, and the lists of real customers, on orders that no option was picked on.</p>`,
    };
  },
};

const withoutShop =
  'This server has a model and nothing else. endcap serve --data shop.db, or endcap start, keeps this.';

async function modelsPart(shop: ServingShop | undefined, metadata: ModelMetadata): Promise<Markup> {
  const { version, trainedAt, measured, gate } = metadata;
  const own: ShopModel = {
    ...{ version, trainedAt: Date.parse(trainedAt), measured, gate },
    ...{ isServed: true, wasRolledBack: false },
  };
  return orProblem(async () => modelsTable(shop ? await shop.models() : [own]));
}

async function runsPart(shop: ServingShop): Promise<Markup> {
  const [history, status] = await Promise.all([shop.retrainingHistory(), shop.status()]);
  return runsList(history, status.retraining);
}

async function experimentsPart(shop: ServingShop): Promise<Markup> {
  const names = Object.keys(shop.scenarios().experiments);
  if (names.length === 0)
    return html`<p>There is none. An experiment shows whether customers who get other lists buy more: some get these, some
those, and the difference is counted. <code>PUT /scenarios</code> takes them.</p>`;
  const reports = await lately(shop, 'experiments', () => Promise.all(names.map((name) => shop.experiment(name))));
  return laterOr(reports, (all) => html`${all.map(experimentPart)}`);
}

async function listsPart(shop: ServingShop): Promise<Markup> {
  return laterOr(await lately(shop, 'attribution', () => shop.attribution()), attributionPart);
}

/** The report, or what there is to say instead. */
function laterOr<Report>({ report, error, isPending }: Lately<Report>, part: (report: Report) => Markup): Markup {
  if (report !== undefined) return part(report);
  if (isPending && error === undefined)
    return html`<p>The lists that were shown are being counted. This page has it in a moment.</p>`;
  return problem(error);
}

async function orProblem(part: () => Promise<Markup>): Promise<Markup> {
  try {
    return await part();
  } catch (error) {
    return problem(error);
  }
}

/** What is wrong with one part must not take the others away. */
function problem(error: unknown): Markup {
  if (!(error instanceof EndcapError)) throw error;
  return html`<p>Not known: ${error.message}.</p>`;
}
