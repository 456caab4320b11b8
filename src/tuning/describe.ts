import type { Accuracy, ModelMetadata } from '../model/model.ts';
import { blendText, defaultBlend } from '../ranking/weights.ts';
import { digits, plural } from '../wording.ts';
import { minCustomers } from './judging/held-out.ts';
import { listLength } from './judging/judge.ts';
import { minOrders, minOrdersToPick } from './small-shops.ts';

const reasons: Record<NonNullable<ModelMetadata['unchosen']>, string> = {
  given: 'all options were given',
  fast: 'the search for options was skipped',
  too_few: `fewer than ${minOrdersToPick} orders, or than ${minCustomers} customers who bought enough to try options on`,
  too_early: `fewer than ${minOrders} orders: lists go by popularity and habit until there are enough to know tastes`,
  no_history: 'orders are added up to pairs, so that none can be held out',
};

const ofImported: Record<NonNullable<NonNullable<ModelMetadata['imported']>['weights']>, string> = {
  learned: 'the weights of the ranking, learned from held-out orders',
  kept: 'nothing: held-out orders found no better weights of the ranking than the usual ones',
  given: 'nothing: the weights of the ranking were given',
  fast: 'nothing: the usual weights of the ranking were asked for',
  too_few: 'nothing: too few orders to learn the weights of the ranking from',
};

/**
 * Which of a model's options were picked and by what, in words; undefined for an algorithm that leaves nothing to pick.
 */
export function describePicked({
  options,
  choice,
  unchosen,
  repeatTrees,
  guards = [],
  imported,
}: Pick<ModelMetadata, 'options' | 'choice' | 'unchosen' | 'repeatTrees' | 'guards' | 'imported'>): string | undefined {
  if (options.algorithm !== 'als') return undefined;
  if (imported) return imported.weights && importedText(imported);
  if (!choice)
    return `nothing: ${unchosen ? reasons[unchosen] : `${reasons.given}, or ${reasons.too_few}`}${treesText(repeatTrees)}`;
  const { tried, customers, heldOut, learned, budget, beatsDefaults = true } = choice;
  const { factors, regularization, unobservedWeight, tasteDecay, blend, windowDays } = options;
  const picked = tried.find(
    (one) =>
      (one.factors ?? factors) === factors &&
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
  const kept = blend === blendText(defaultBlend) ? 'the default' : 'as given, or by the kind and the number of orders';
  const moved = guards.length > 0 ? ', moved by guards' : '';
  const window = windowDays === undefined ? '' : `; a window of ${windowDays} days`;
  const ease = options.easeRegularization
    ? `; neighbours by EASE with regularization ${options.easeRegularization}`
    : '';
  const isSized = tried.some((one) => one.factors !== tried[0].factors);
  const beyond = budget?.beyond === undefined ? '' : `; ${budget.beyond} factors would exceed the budget`;
  const cost =
    budget && `estimated at ${rounded(budget.estimate)} of the ${rounded(budget.minutes)} minutes of the budget`;
  return (
    `${isSized ? `${factors} factors, ` : ''}regularization ${regularization}, unobserved weight ${unobservedWeight} and taste decay ${tasteDecay}, ` +
    `${how} (${accuracy.filter(Boolean).join('; ')})${isSized && cost ? `, ${cost}` : ''}${beyond}; ` +
    `blend ${String(blend).replaceAll('=', ' ').replaceAll(',', ', ')}, ${learned ? 'learned from them' : kept}${moved}${window}${ease}${treesText(repeatTrees)}`
  );
}

function importedText({ weights, measured }: NonNullable<ModelMetadata['imported']>): string {
  const who = measured === undefined ? '' : ` of ${plural(measured, 'one customer', '# customers')}`;
  return `${ofImported[weights!]}${who}`;
}

function treesText(tried: ModelMetadata['repeatTrees']): string {
  if (!tried) return '';
  const { kept, gain, error } = tried;
  const sign = gain < 0 ? '-' : '+';
  const by = `recall + NDCG@${listLength} ${sign}${digits(Math.abs(gain))} ± ${digits(error)}`;
  return `; trees for products bought before, ${kept ? `since lists are better with them (${by})` : `tried but not kept (${by})`}`;
}

/** `0.3`, `12` */
function rounded(minutes: number): string {
  return String(Number(minutes.toPrecision(2)));
}

function accuracyText({ recall, ndcg }: Accuracy): string {
  return `recall@${listLength} ${digits(recall)}, NDCG@${listLength} ${digits(ndcg)}`;
}
