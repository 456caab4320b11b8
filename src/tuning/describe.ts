import { digits, plural } from '../measuring/wording.ts';
import type { Accuracy, ModelMetadata } from '../model/model.ts';
import { blendText, defaultBlend } from '../ranking/weights.ts';
import { minCustomers } from './held-out.ts';
import { listLength } from './judge.ts';

const reasons: Record<NonNullable<ModelMetadata['unchosen']>, string> = {
  given: 'all options were given',
  too_few: `fewer than ${minCustomers} customers bought enough to try options on`,
};

/**
 * Which of a model's options were picked and by what, in words; undefined for an algorithm that leaves nothing to pick.
 */
export function describePicked({
  options,
  choice,
  unchosen,
}: Pick<ModelMetadata, 'options' | 'choice' | 'unchosen'>): string | undefined {
  if (options.algorithm !== 'als') return undefined;
  if (!choice) return `nothing: ${unchosen ? reasons[unchosen] : `${reasons.given}, or ${reasons.too_few}`}`;
  const { tried, customers, heldOut, learned, beatsDefaults = true } = choice;
  const { regularization, unobservedWeight, tasteDecay, blend } = options;
  const picked = tried.find(
    (one) =>
      one.regularization === regularization &&
      one.unobservedWeight === unobservedWeight &&
      (one.tasteDecay ?? tasteDecay) === tasteDecay,
  );
  const who = plural(customers, 'one customer', '# customers');
  const where = heldOut === 'orders' ? `the last orders of ${who}` : `a fifth of the products of ${who}`;
  const accuracy = [
    picked?.all && accuracyText(picked.all),
    picked?.explore && `of products new to them ${accuracyText(picked.explore)}`,
  ];
  const how =
    tried.length === 1
      ? `as given, tried on ${where}`
      : beatsDefaults
        ? `the best of ${tried.length} tried on ${where}`
        : `since none of ${tried.length - 1} others tried on ${where} was better than the defaults by more than the noise`;
  const kept = blend === blendText(defaultBlend) ? 'the default' : 'as given';
  return (
    `regularization ${regularization}, unobserved weight ${unobservedWeight} and taste decay ${tasteDecay}, ` +
    `${how} (${accuracy.filter(Boolean).join('; ')}); ` +
    `blend ${String(blend).replaceAll('=', ' ').replaceAll(',', ', ')}, ${learned ? 'learned from them' : kept}`
  );
}

function accuracyText({ recall, ndcg }: Accuracy): string {
  return `recall@${listLength} ${digits(recall)}, NDCG@${listLength} ${digits(ndcg)}`;
}
