import type { Accuracy, ModelMetadata } from '../model/model.ts';
import { blendText, defaultBlend } from '../training/ranking.ts';
import { plural } from './protocols.ts';
import { fewest, listLength } from './validation.ts';
import { digits } from './words.ts';

/** What was chosen of a model's options and by what, in words; undefined for an algorithm that leaves nothing to choose. */
export function describeChoice({ options, choice }: Pick<ModelMetadata, 'options' | 'choice'>): string | undefined {
  if (options.algorithm !== 'als') return undefined;
  if (!choice) return `nothing: all was given, or fewer than ${fewest} customers bought enough to try options on`;
  const { tried, customers, heldOut, learned } = choice;
  const { regularization, unobservedWeight, blend } = options;
  const best = tried.find((one) => one.regularization === regularization && one.unobservedWeight === unobservedWeight);
  const those = plural(customers, 'one customer', '# customers');
  const on = heldOut === 'orders' ? `the last orders of ${those}` : `a fifth of the products of ${those}`;
  const found = [best?.all && accuracy(best.all), best?.explore && `of products new to them ${accuracy(best.explore)}`];
  const kept = blend === blendText(defaultBlend) ? 'the default' : 'as given';
  return (
    `regularization ${regularization} and unobserved weight ${unobservedWeight}, ` +
    `${tried.length > 1 ? `the best of ${tried.length} tried` : 'as given, tried'} on ${on} (${found.filter(Boolean).join('; ')}); ` +
    `blend ${String(blend).replaceAll('=', ' ').replaceAll(',', ', ')}, ${learned ? 'learned from them' : kept}`
  );
}

function accuracy({ recall, ndcg }: Accuracy): string {
  return `recall@${listLength} ${digits(recall)}, NDCG@${listLength} ${digits(ndcg)}`;
}
