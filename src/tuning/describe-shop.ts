import { percent, questionHeadings } from '../measuring/wording.ts';
import type { Guard, ModelMetadata } from '../model/model.ts';

/** What kind of shop a model is from, and what follows for its lists; undefined if nothing is known. */
export function describeShop({ shop }: Pick<ModelMetadata, 'shop'>): string | undefined {
  if (!shop) return undefined;
  if (shop.rebought === 0) return 'nothing repeats: lists leave out what was bought';
  return `${percent(shop.rebought)} of what returning customers order they have bought before`;
}

/** What a guard did, and why. */
export function describeGuard({ question, baseline, action }: Guard): string {
  const what = questionHeadings[question].replace('What', 'what');
  return `${baseline} found more of ${what} on held-out orders: ${action}`;
}
