import { questionHeadings } from '../measuring/protocols/wording.ts';
import type { Guard, ModelMetadata, Shop } from '../model/model.ts';
import { percent } from '../wording.ts';
import { minOrders } from './small-shops.ts';

type Known = Pick<ModelMetadata, 'shop' | 'guards' | 'unchosen'>;

const tooEarly = `too early: fewer than ${minOrders} orders, so that lists go by popularity and habit`;

/** What training found out about a shop: its kind, and the guards that acted, each with a heading of one word. */
export function describeFindings({ shop, guards = [], unchosen }: Known): [heading: string, text: string][] {
  return [
    ...(shop ? [['shop', shopText(shop)] as [string, string]] : []),
    ...(unchosen === 'too_early' ? [['shop', tooEarly] as [string, string]] : []),
    ...guards.map((guard): [string, string] => ['guard', guardText(guard)]),
  ];
}

function shopText({ rebought }: Shop): string {
  if (rebought === 0) return 'nothing repeats: lists leave out what was bought';
  return `${percent(rebought)} of what returning customers order they have bought before`;
}

/** What a guard did, and why. */
function guardText({ question, baseline, action }: Guard): string {
  const what = questionHeadings[question].replace('What', 'what');
  return `${baseline} found more of ${what} on held-out orders: ${action}`;
}
