/**
 * The ids of a request, looked up once: cleaning ten thousand of them takes as long as the list. Those that the model does
 * not know have no effect, and the answer names them; without a word it would look right.
 */
import type { Recommender, Source } from '../../recommending/types.ts';

/** Ids that are named of each field. */
export const maxNamed = 100;

type Id = string | number;

/** The fields that hold ids, as requests have them. */
interface RequestedIds {
  user_id?: Id;
  basket?: readonly (Id | { product: Id; quantity: number })[];
  allow?: readonly Id[];
  deny?: readonly Id[];
  pin?: readonly { product_id: Id }[];
}

/** Those that the model does not know, each once, as they were sent. Fields without any are absent. */
export interface UnknownIds {
  user_id?: string[];
  basket?: string[];
  allow?: string[];
  deny?: string[];
  pin?: string[];
  /** By field, how many there are besides those named. */
  more?: Record<string, number>;
}

/** A customer whom the model does not know may be known by what they bought since. */
export function withoutKnown(unknown: UnknownIds | undefined, source: Source): UnknownIds | undefined {
  if (unknown?.user_id === undefined || source === 'popular' || source === 'basket') return unknown;
  const { user_id: _, ...rest } = unknown;
  return Object.keys(rest).length > 0 ? rest : undefined;
}

interface LookedUp {
  /** As the model has it, if it does. */
  customer: string | undefined;
  /** The known products, as the model has them; so are the filters. */
  basket: { product: string; quantity: number }[];
  allow: string[] | undefined;
  deny: string[] | undefined;
  /** Undefined if the model knows all ids. */
  unknown: UnknownIds | undefined;
}

export function lookUp({ user_id, basket, allow, deny, pin }: RequestedIds, recommender: Recommender): LookedUp {
  const { model, customerRow, productRow } = recommender;
  let unknown: UnknownIds | undefined;

  function report(field: Exclude<keyof UnknownIds, 'more'>, ids: ReadonlySet<string>): void {
    if (ids.size === 0) return;
    unknown = { ...unknown, [field]: [...ids].slice(0, maxNamed) };
    if (ids.size > maxNamed) unknown.more = { ...unknown.more, [field]: ids.size - maxNamed };
  }

  function customerOf(id: Id | undefined): string | undefined {
    if (id === undefined) return undefined;
    const row = customerRow(id);
    if (row !== undefined) return model.customers[row];
    report('user_id', new Set([String(id)]));
    return String(id);
  }

  function linesOf(field: 'basket' | 'allow' | 'deny' | 'pin', lines: NonNullable<RequestedIds['basket']>) {
    const known: LookedUp['basket'] = [];
    const missing = new Set<string>();
    for (const line of lines) {
      const { product, quantity } = typeof line === 'object' ? line : { product: line, quantity: 1 };
      const row = productRow(product);
      if (row === undefined) missing.add(String(product));
      else known.push({ product: model.products[row], quantity });
    }
    report(field, missing);
    return known;
  }

  // Most requests name a customer and no more: it takes a fifth of the time.
  if (!basket && !allow && !deny && !pin) return { customer: customerOf(user_id), basket: [], allow, deny, unknown };

  const idsOf = (field: 'allow' | 'deny', ids: readonly Id[] | undefined) =>
    ids && linesOf(field, ids).map(({ product }) => product);

  const customer = customerOf(user_id);
  const known = {
    customer,
    basket: linesOf('basket', basket ?? []),
    allow: idsOf('allow', allow),
    deny: idsOf('deny', deny),
  };
  const pinned = pin?.map(({ product_id }) => product_id);
  if (pinned) linesOf('pin', pinned);
  return { ...known, unknown };
}
