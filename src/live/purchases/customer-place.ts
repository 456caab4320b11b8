/** Where a page of what there is of a customer ended, as text that others give back. */
import { invalidOption } from '../../options.ts';
import type { ShownList } from '../store/store.ts';

/** Of each part the last thing of the page before; null if there is nothing more, undefined at the beginning. */
export interface CustomerPlace {
  readonly purchase?: number | null;
  readonly list?: Pick<ShownList, 'time' | 'id'> | null;
  readonly product?: string | null;
}

/** UTF-8 in hex, without the character 0, which Postgres does not take. */
const hex = '(?:[0-9a-f][1-9a-f]|[1-9a-f]0){0,2000}';
const number = '[0-9]{1,15}';
/** Every text of this form is a place. */
export const placePattern = `^(?:${number})?\\.(?:${number}-${hex})?\\.${hex}$`;

/** Undefined if nothing is left. URLs take it as it is. */
export function textOfPlace({ purchase, list, product }: Required<CustomerPlace>): string | undefined {
  if (purchase === null && list === null && product === null) return undefined;
  return [purchase ?? '', list ? `${list.time}-${hexOf(list.id)}` : '', hexOf(product ?? '')].join('.');
}

/** @throws `invalid_options` for what is none. */
export function placeOf(text: string | undefined): CustomerPlace {
  if (text === undefined) return {};
  if (typeof text !== 'string' || !new RegExp(placePattern).test(text))
    throw invalidOption('next', text, 'what the page before says, as it says it');
  const [purchase, list, product] = text.split('.');
  const [time, id] = list.split('-');
  return {
    purchase: purchase === '' ? null : Number(purchase),
    list: list === '' ? null : { time: Number(time), id: textIn(id) },
    product: product === '' ? null : textIn(product),
  };
}

function hexOf(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function textIn(digits: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
    Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)),
  );
}
