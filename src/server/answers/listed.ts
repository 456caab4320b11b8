/** The JSON of answers without explanations. */
import type { Recommendation, Source } from '../../recommending/types.ts';
import type { UnknownIds } from '../ids.ts';

/** An answer to `POST /recommend`, with the items as the recommender gave them. */
export interface ListedAnswer {
  user_id: string | null;
  items: readonly Recommendation[];
  source: Source;
  unknown?: UnknownIds;
  model: string;
}

/** Products of which JSON is kept. */
const maxKept = 65_536;

/** What is written of a product each time: up to the score. */
interface Head {
  readonly name: string | undefined;
  readonly category: string | undefined;
  readonly json: string;
}

/** Returns a function that writes answers as `recommendAnswer` describes them, the same text as `JSON.stringify` would. */
export function listedWriter(): (answer: ListedAnswer) => string {
  const heads = new Map<string, Head>();

  function headOf({ product, name, category }: Recommendation): string {
    const known = heads.get(product);
    if (known && known.name === name && known.category === category) return known.json;
    const json = `${JSON.stringify({ product, name, category }).slice(0, -1)},"score":`;
    if (heads.size >= maxKept) heads.clear();
    heads.set(product, { name, category, json });
    return json;
  }

  return ({ user_id, items, ...rest }) => {
    let list = '';
    for (const item of items) list += `${list === '' ? '' : ','}${headOf(item)}${item.score}}`;
    return `{"user_id":${JSON.stringify(user_id)},"recommendations":[${list}],${JSON.stringify(rest).slice(1)}`;
  };
}
