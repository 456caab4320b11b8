/** What pages need of a model: made ready once somebody has opened one, while they read it. */
import type { Model } from '../../model/model.ts';
import { soldOf } from './catalogue/sold.ts';
import { notableCustomers } from './customers/notable.ts';
import type { PageRequest } from './pages.ts';
import { highlightsOf } from './products/highlights.ts';
import { prepareSearch } from './products/search.ts';

const warmed = new WeakSet<Model>();

/** Makes one after the other, between requests. Vectors that similar products are searched in are left to who asks: they are large. */
export function warm(answering: PageRequest['answering']): void {
  const { model } = answering;
  if (warmed.has(model)) return;
  warmed.add(model);
  void (async () => {
    await prepareSearch(answering);
    for (const make of [notableCustomers, highlightsOf, soldOf]) await make(model, true);
  })().catch(() => {
    // The page that needs it tries again, and says why it fails.
  });
}
