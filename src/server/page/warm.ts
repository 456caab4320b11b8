/** What pages need of a model: made ready once somebody has opened one, while they read it. */
import type { Model } from '../../model/model.ts';
import { afterAWhile } from '../../turns.ts';
import { soldOf } from './catalogue/sold.ts';
import { notableCustomers } from './customers/notable.ts';
import type { PageRequest } from './page.ts';
import { highlightsOf } from './products/highlights.ts';
import { prepareSearch } from './products/search.ts';

/** Whatever else was asked for with the page goes first, in milliseconds. */
const afterMs = 100;

const warmed = new WeakSet<Model>();

/** Makes one after the other, between requests. Vectors that similar products are searched in are left to who asks: they are large. */
export function warm(answering: PageRequest['answering']): void {
  const { model } = answering;
  if (warmed.has(model)) return;
  warmed.add(model);
  afterAWhile(() => {
    makeAll(answering).catch(() => {
      // The page that needs it tries again, and says why it fails.
    });
  }, afterMs);
}

async function makeAll(answering: PageRequest['answering']): Promise<void> {
  const { model } = answering;
  await prepareSearch(answering);
  for (const make of [notableCustomers, highlightsOf, soldOf]) await make(model, true);
}
