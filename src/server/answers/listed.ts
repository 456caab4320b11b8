/** The JSON of answers without explanations. */

import type { WireField } from '../../live/scenarios/settings.ts';
import type { ShopList } from '../../live/types.ts';
import type { Recommendation, Source } from '../../recommending/types.ts';
import type { UnknownIds } from '../requests/ids.ts';
import { describedAs, type ListedProduct } from './fields.ts';

/** An answer to `POST /recommend`, with the items as the recommender gave them. */
export interface ListedAnswer {
  user_id: string | null;
  items: readonly ListedProduct<Recommendation>[];
  /** Letters, digits, `-`, and `_`, which JSON takes as they are. */
  recommendation_id: string;
  experiment?: ShopList['experiment'];
  source: Source;
  /** What is written of each product besides; nothing if absent. */
  fields?: readonly WireField[];
  unknown?: UnknownIds;
  model: string;
}

/** JSON is kept of products of lower rows. */
const maxKept = 65_536;

/** What is written of a product each time: up to the score. */
interface Head {
  readonly product: string;
  readonly name: string | undefined;
  readonly category: string | undefined;
  readonly json: string;
}

/** What is written of a product up to its score. */
export function headOf(item: ListedProduct<Recommendation>, fields: readonly WireField[]): string {
  return `${JSON.stringify(describedAs(item, fields)).slice(0, -1)},"score":`;
}

/** Returns a function that writes answers as `recommendAnswer` describes them, the same text as `JSON.stringify` would. */
export function listedWriter(): (answer: ListedAnswer) => string {
  /** By row: another model may have another product there. */
  const heads = new Array<Head | undefined>(maxKept);

  function keptHeadOf(item: Recommendation): string {
    const { product, name, category, row } = item;
    const known = heads[row];
    if (known && known.product === product && known.name === name && known.category === category) return known.json;
    const json = headOf(item, []);
    if (row < maxKept) heads[row] = { product, name, category, json };
    return json;
  }

  /** What follows the list, its id, and its experiment, which most answers have in common. */
  let [lastSource, lastModel, lastRest] = ['', '', ''];

  function restOf({ source, unknown, model }: ListedAnswer): string {
    if (unknown) return JSON.stringify({ source, unknown, model }).slice(1);
    if (source !== lastSource || model !== lastModel) {
      lastRest = JSON.stringify({ source, model }).slice(1);
      [lastSource, lastModel] = [source, model];
    }
    return lastRest;
  }

  return (answer) => {
    const { user_id, items, fields } = answer;
    let text = `{"user_id":${JSON.stringify(user_id)},"recommendations":[`;
    for (let i = 0; i < items.length; i++) {
      const head = fields ? headOf(items[i], fields) : keptHeadOf(items[i]);
      text += `${i === 0 ? '' : ','}${head}${items[i].score}}`;
    }
    const experiment = answer.experiment ? `"experiment":${JSON.stringify(answer.experiment)},` : '';
    return `${text}],"recommendation_id":"${answer.recommendation_id}",${experiment}${restOf(answer)}`;
  };
}
