import { digits, plural } from '../measuring/wording.ts';
import type { Accuracy, ModelMetadata } from '../model/model.ts';
import { blendText, defaultBlend } from '../ranking/weights.ts';
import { fewest } from './held-out.ts';
import { listLength } from './judge.ts';

const reasons: Record<NonNullable<ModelMetadata['unchosen']>, string> = {
  given: 'all was given',
  too_few: `fewer than ${fewest} customers bought enough to try options on`,
};

/** What was chosen of a model's options and by what, in words; undefined for an algorithm that leaves nothing to choose. */
export function describeChoice({
  options,
  choice,
  unchosen,
}: Pick<ModelMetadata, 'options' | 'choice' | 'unchosen'>): string | undefined {
  if (options.algorithm !== 'als') return undefined;
  if (!choice) return `nothing: ${unchosen ? reasons[unchosen] : `${reasons.given}, or ${reasons.too_few}`}`;
  const { tried, customers, heldOut, learned, beatsDefaults = true } = choice;
  const { regularization, unobservedWeight, tasteDecay, blend } = options;
  const best = tried.find(
    (one) =>
      one.regularization === regularization &&
      one.unobservedWeight === unobservedWeight &&
      (one.tasteDecay ?? tasteDecay) === tasteDecay,
  );
  const those = plural(customers, 'one customer', '# customers');
  const on = heldOut === 'orders' ? `the last orders of ${those}` : `a fifth of the products of ${those}`;
  const found = [best?.all && accuracy(best.all), best?.explore && `of products new to them ${accuracy(best.explore)}`];
  const how =
    tried.length === 1
      ? `as given, tried on ${on}`
      : beatsDefaults
        ? `the best of ${tried.length} tried on ${on}`
        : `since none of ${tried.length - 1} others tried on ${on} was better than the defaults by more than the noise`;
  const kept = blend === blendText(defaultBlend) ? 'the default' : 'as given';
  return (
    `regularization ${regularization}, unobserved weight ${unobservedWeight} and taste decay ${tasteDecay}, ` +
    `${how} (${found.filter(Boolean).join('; ')}); ` +
    `blend ${String(blend).replaceAll('=', ' ').replaceAll(',', ', ')}, ${learned ? 'learned from them' : kept}`
  );
}

function accuracy({ recall, ndcg }: Accuracy): string {
  return `recall@${listLength} ${digits(recall)}, NDCG@${listLength} ${digits(ndcg)}`;
}
