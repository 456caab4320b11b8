/** The JSON of answers with explanations, which are a multiple of plain answers in length. */
import type { WireField } from '../../live/scenarios/settings.ts';
import type { Explanation, Reason, Recommendation } from '../../recommending/types.ts';
import type { ListedProduct } from './fields.ts';
import { createJsonBytes, utf8 } from './json-bytes.ts';
import { headOf, type ListedAnswer } from './listed.ts';

/** Products of which JSON is kept. */
const maxKept = 65_536;

/** What is written of a product each time. */
interface Head {
  readonly name: string | undefined;
  readonly category: string | undefined;
  /** Up to the score. */
  readonly json: Uint8Array;
  /** Of the product as it was last listed without a habit. */
  trend: number;
  /** From the habit of 0 to the first reason. */
  parts: Uint8Array;
}

/** Where the texts of an explanation stand. */
interface Texts {
  readonly last: string;
  readonly all: string;
  readonly from: number;
  readonly to: number;
}

const json = {
  comma: utf8(','),
  end: utf8('}'),
  endOfBoth: utf8('}}'),
  taste: utf8(',"explanation":{"parts":{"taste":'),
  partOfNeighbours: utf8(',"neighbours":'),
  habit: utf8(',"habit":'),
  trend: utf8(',"trend":'),
  boost: utf8(',"boost":'),
  reasons: utf8('},"reasons":['),
  next: utf8('},'),
  endOfLastReason: utf8('}],"text":'),
  noReasons: utf8('],"text":'),
  habitOrders: utf8('{"kind":"habit","orders":'),
  of: utf8(',"of":'),
  text: utf8(',"text":'),
  tasteProducts: utf8('{"kind":"taste","products":['),
  neighboursProducts: utf8('{"kind":"neighbours","products":['),
  endOfProducts: utf8('}],"text":'),
  noProducts: utf8('],"text":'),
  trendOrders: utf8('{"kind":"trend","orders":'),
  days: utf8(',"days":'),
  boostText: utf8('{"kind":"boost","text":'),
  pinText: utf8('{"kind":"pin","text":'),
};
const none = new Uint8Array(0);

/** Returns a function that writes answers as `recommendAnswer` describes them. */
export function explainedWriter(): (answer: ListedAnswer) => Uint8Array<ArrayBuffer> {
  const output = createJsonBytes();
  const heads = new Map<string, Head>();
  /** By product, what stands before its share. */
  const purchases = new Map<string, Uint8Array>();
  /** Of this answer, at places that depend on the reason: in long lists, most products share theirs with others. */
  const texts: (Texts | undefined)[] = new Array(1024).fill(undefined);

  function keptHeadOf(item: Recommendation): Head {
    const { product, name, category } = item;
    const known = heads.get(product);
    if (known && known.name === name && known.category === category) return known;
    const head = { name, category, json: utf8(headOf(item, [])), trend: Number.NaN, parts: none };
    if (heads.size >= maxKept) heads.clear();
    heads.set(product, head);
    return head;
  }

  function purchaseOf(product: string): Uint8Array {
    let bytes = purchases.get(product);
    if (bytes === undefined) {
      bytes = utf8(`{"product":${JSON.stringify(product)},"share":`);
      if (purchases.size >= maxKept) purchases.clear();
      purchases.set(product, bytes);
    }
    return bytes;
  }

  function writeItem(item: ListedProduct<Recommendation>, fields: readonly WireField[] | undefined): void {
    const head = keptHeadOf(item);
    output.raw(fields ? utf8(headOf(item, fields)) : head.json);
    output.number(item.score);
    if (item.explanation) {
      writeExplanation(item.explanation, head);
      output.raw(json.endOfBoth);
    } else output.raw(json.end);
  }

  function writeExplanation({ parts, reasons, text }: Explanation, head: Head): void {
    output.raw(json.taste);
    output.rounded(parts.taste);
    if (parts.neighbours !== undefined) {
      output.raw(json.partOfNeighbours);
      output.rounded(parts.neighbours);
    }
    if (parts.boost !== undefined) {
      output.raw(json.habit);
      output.rounded(parts.habit);
      output.raw(json.trend);
      output.rounded(parts.trend);
      output.raw(json.boost);
      output.rounded(parts.boost);
      output.raw(json.reasons);
    } else if (parts.habit === 0 && parts.trend === head.trend) output.raw(head.parts);
    else {
      const from = output.length();
      output.raw(json.habit);
      output.rounded(parts.habit);
      output.raw(json.trend);
      output.rounded(parts.trend);
      output.raw(json.reasons);
      if (parts.habit === 0) {
        head.trend = parts.trend;
        head.parts = output.copy(from);
      }
    }
    for (let i = 0; i < reasons.length; i++) {
      if (i > 0) {
        output.string(reasons[i - 1].text);
        output.raw(json.next);
      }
      writeReason(reasons[i]);
    }
    if (reasons.length > 0) writeTexts(reasons[reasons.length - 1], text);
    else {
      output.raw(json.noReasons);
      output.string(text);
    }
  }

  /** Writes the text of the last reason, and that of all. */
  function writeTexts(reason: Reason, all: string): void {
    const last = reason.text;
    const place = placeOf(reason);
    const known = texts[place];
    if (known?.last === last && known.all === all) {
      output.again(known.from, known.to);
      return;
    }
    const from = output.length();
    output.string(last);
    output.raw(json.endOfLastReason);
    output.string(all);
    texts[place] = { last, all, from, to: output.length() };
  }

  /** Up to the text. */
  function writeReason(reason: Reason): void {
    switch (reason.kind) {
      case 'habit':
        output.raw(json.habitOrders);
        output.number(reason.orders);
        output.raw(json.of);
        output.number(reason.of);
        output.raw(json.text);
        break;
      case 'taste':
      case 'neighbours':
        output.raw(reason.kind === 'taste' ? json.tasteProducts : json.neighboursProducts);
        for (let i = 0; i < reason.products.length; i++) {
          const { product, share } = reason.products[i];
          if (i > 0) output.raw(json.next);
          output.raw(purchaseOf(product));
          output.rounded(share);
        }
        output.raw(reason.products.length > 0 ? json.endOfProducts : json.noProducts);
        break;
      case 'trend':
        output.raw(json.trendOrders);
        output.number(reason.orders);
        if (reason.days !== undefined) {
          output.raw(json.days);
          output.number(reason.days);
        }
        output.raw(json.text);
        break;
      case 'boost':
      case 'pin':
        output.raw(reason.kind === 'boost' ? json.boostText : json.pinText);
    }
  }

  /** Where texts are remembered. Looking them up by themselves would take longer than writing them. */
  function placeOf(reason: Reason): number {
    if ('orders' in reason) return reason.orders & 1023;
    if (!('products' in reason)) return 0;
    const { products } = reason;
    return products.length < 2 ? 0 : (products[0].row * 37 + products[1].row) & 1023;
  }

  return ({ user_id, items, fields, ...rest }) => {
    // The last answer may have ended early, with an error.
    output.begin();
    texts.fill(undefined);
    output.raw(utf8(`{"user_id":${JSON.stringify(user_id)},"recommendations":[`));
    for (let i = 0; i < items.length; i++) {
      if (i > 0) output.raw(json.comma);
      writeItem(items[i], fields);
    }
    output.raw(utf8(`],${JSON.stringify(rest).slice(1)}`));
    return output.copy(0);
  };
}
