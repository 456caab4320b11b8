import type { Role } from './roles.ts';
import {
  contexts,
  type Names,
  usualNames,
  vagueCustomers,
  vagueNames,
  vagueOrders,
  vagueQuantities,
  wrappers,
} from './usual-names.ts';

/** How well a name suits a role. */
export interface NameRank {
  /** The kind of the column among those of its role, from 0, such as 0 for ids. */
  readonly kind: number;
  /** Lower is better; whole for a name that is known as it stands. */
  readonly rank: number;
  /** Whether other things have this name as well, so that only the cells can tell. */
  readonly vague: boolean;
}

export type NameRanks = Partial<Record<Role, NameRank>>;

/** A name without case, accents, blanks and punctuation. */
export function plainName(name: string): string {
  if (/^[ -~]*$/.test(name)) return name.toLowerCase().replace(/[^a-z\d]/g, '');
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** Last segments that are those of an item, whatever is before them. */
const ofItem = /^(product|productsku|productname|sku|quantity|qty|itemname|itemsku)$/;

const known = rankUsualNames();
const contextsOf = Object.fromEntries(
  Object.entries(contexts).map(([role, names]) => [role, singularAndPlural(names)]),
) as Record<Role, Set<string>>;
const wrapping = singularAndPlural(wrappers);

/**
 * How well a column's name suits each role. A dotted name is compared whole, then by its last segments, if the one before
 * them is of what has this role: `line_items.sku` is a SKU, `shipping.name` is no product's name. What is in brackets, such
 * as a currency, is left out if the whole name is not known.
 */
export function ranksOf(name: string): NameRanks {
  // No usual name is longer; the names of a hostile header are not looked at further.
  if (name.length > 100) return {};
  const whole = known.get(plainName(name));
  if (whole !== undefined) return whole;
  if (/[.:/[]/.test(name)) {
    const found = ranksOfSegments(
      name
        .split(/[.:/[\]]/)
        .map(plainName)
        .filter((segment) => segment !== ''),
    );
    if (Object.keys(found).length > 0) return found;
  }
  if (/[([（［]/.test(name) && !/refund|return|cancel|total|tax/i.test(name)) {
    return worse(known.get(plainName(name.replace(/[([（［].*?[)\]）］]/g, ''))) ?? {}, 0.25);
  }
  if (name.includes('/')) return eitherOf(name.split('/'));
  return lineId.test(plainName(name)) ? {} : ranksOfWords(name.match(words)?.map(plainName) ?? []);
}

/** The words of `order_item_sku`, `orderItemSku` and `Order item SKU`. */
const words = /\p{Lu}?\p{Ll}+|\p{Lu}+(?!\p{Ll})|[^\p{L}\p{P}\p{S}\s]+/gu;
/** A running number of lines. */
const lineId = /^(order|sales?|invoice|transaction)(item|line|detail|product)s?id$/;

/** `Item / SKU` is one or the other. */
function eitherOf(names: readonly string[]): NameRanks {
  return Object.assign({}, ...names.map((name) => worse(known.get(plainName(name)) ?? {}, 0.5)).reverse());
}

/** What is left if the first words only say of what it is, such as `order_item` in `order_item_sku`. */
function ranksOfWords(words: readonly string[]): NameRanks {
  const found: NameRanks = {};
  for (let from = 1; from < words.length; from++) {
    const parent = words.slice(0, from).join('');
    const rest = words.slice(from).join('');
    for (const [role, rank] of Object.entries(worse(known.get(rest) ?? {}, 0.75)) as [Role, NameRank][]) {
      const isPlain = (rank.kind === 0 && role !== 'price') || rest.startsWith('product') || rest.startsWith('item');
      const isOfRole = contextsOf[role].has(parent) || (wrapping.has(parent) && isPlain);
      if (isOfRole && !rank.vague) found[role] ??= rank;
    }
  }
  return found;
}

function ranksOfSegments(segments: readonly string[]): NameRanks {
  const found: NameRanks = {};
  for (let from = 1; from < segments.length; from++) {
    const parent = segments[from - 1]!;
    const rest = segments.slice(from).join('');
    // The id of a line is not that of its product.
    const named = rest !== 'id' && contextsOf.product.has(parent) ? known.get(`product${rest}`) : {};
    const ranks = { ...named, ...known.get(rest), ...known.get(parent.replace(/s$/, '') + rest) };
    for (const [role, rank] of Object.entries(worse(ranks, 0.5)) as [Role, NameRank][]) {
      if (contextsOf[role].has(parent) || wrapping.has(parent) || ofItem.test(rest)) found[role] ??= rank;
    }
  }
  return found;
}

function worse(ranks: NameRanks, by: number): NameRanks {
  return Object.fromEntries(
    Object.entries(ranks).map(([role, { kind, rank, vague }]) => [role, { kind, rank: rank + by, vague }]),
  );
}

function rankUsualNames(): Map<string, NameRanks> {
  const vague: Partial<Record<Role, Set<string>>> = {
    customer: new Set(vagueCustomers.split(', ')),
    order: new Set(vagueOrders.split(', ')),
    quantity: new Set(vagueQuantities.split(', ')),
    name: new Set(vagueNames.split(', ')),
  };
  const ranks = new Map<string, NameRanks>();
  for (const [role, kinds] of Object.entries(usualNames) as [Role, readonly Names[]][]) {
    let rank = 0;
    for (const [kind, languages] of kinds.entries()) {
      for (const name of Object.values(languages).flatMap((text) => text.split(', '))) {
        const plain = plainName(name);
        if (!ranks.has(plain)) ranks.set(plain, {});
        ranks.get(plain)![role] ??= { kind, rank: rank++, vague: vague[role]?.has(name) ?? false };
      }
    }
  }
  return ranks;
}

function singularAndPlural(names: string): Set<string> {
  return new Set(names.split(', ').flatMap((name) => [plainName(name), `${plainName(name)}s`]));
}

/** Whether a column's name is a usual one of some role. */
export function isUsualName(name: string): boolean {
  return Object.keys(ranksOf(name)).length > 0;
}
