/** The lists of a customer's page, which nobody is shown: they are not kept, and count nowhere. */
import type { ShopList } from '../../../../live/types.ts';
import type { Recommendations } from '../../../../recommending/types.ts';
import { createTurns, turn } from '../../../../turns.ts';
import type { PageRequest } from '../../page.ts';
import type { ListAsked, Options } from './options.ts';

type PageList = Recommendations & Pick<ShopList, 'experiment' | 'model'> & { items: ShopList['items'] };
export type PageItem = PageList['items'][number];

export interface Lists {
  readonly list: PageList;
  /** The list without options, to compare; undefined if this is it. */
  readonly standard: PageList | undefined;
}

/** Lists of many pages that were scored in one batch would be explained in one turn of the event loop. */
const oneAtATime = createTurns();

const fields = ['price', 'url', 'imageUrl', 'available'] as const;

/**
 * At most two lists, each when it is the turn of costly work, so that pages hold up no requests.
 *
 * @param basket ids of products.
 * @throws `invalid_options` if options do not go together.
 */
export async function listsOf(
  request: Pick<PageRequest, 'answering' | 'shop' | 'signal'>,
  customer: string,
  { asked, isStandard }: Pick<Options, 'asked' | 'isStandard'>,
  basket: readonly string[],
): Promise<Lists> {
  const { answering, shop } = request;
  const signal = () => request.signal;
  async function ask(options: ListAsked, lines: readonly string[]): Promise<PageList> {
    await turn();
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as ListAsked;
    if (shop) {
      const { recommend, recommendForBasket } = shop.preview;
      return lines.length > 0
        ? recommendForBasket(lines, { ...given, fields, customer, signal })
        : recommend(customer, { ...given, fields, signal });
    }
    return lines.length > 0
      ? answering.recommendForBasket(lines, { ...given, customer, signal })
      : answering.recommend(customer, { ...given, signal });
  }
  const list = await oneAtATime(() => ask(asked, basket));
  return { list, standard: isStandard ? undefined : await oneAtATime(() => ask({ n: asked.n }, [])) };
}

/** How a list differs from another one: for each of its products the place there from 0, or -1, and what is gone. */
export function changesOf({
  list,
  standard,
}: Lists): { places: readonly number[]; gone: readonly PageItem[] } | undefined {
  if (!standard) return undefined;
  const before = standard.items.map(({ product }) => product);
  const now = new Set(list.items.map(({ product }) => product));
  return {
    places: list.items.map(({ product }) => before.indexOf(product)),
    gone: standard.items.filter(({ product }) => !now.has(product)),
  };
}
