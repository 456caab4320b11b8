/** What answers say of a product besides its name and category, if the request asks for it. */
import * as v from 'valibot';
import { productFields } from '../../live/catalogue/fields.ts';
import type { WireField } from '../../live/scenarios/settings.ts';
import type { ListedField } from '../../live/types.ts';

interface Named {
  product: string;
  name?: string;
  category?: string;
}

/** A product of a list, with what was asked for. */
export type ListedProduct<Item> = Item & { readonly [Field in ListedField]?: unknown };

const ofLibrary = (field: WireField): ListedField => (field === 'image_url' ? 'imageUrl' : field);

const { price, url, image_url, attributes, available } = productFields;
export const said = v.partial(v.object({ price, url, image_url, attributes, available }));

/** The fields as the library names them. */
export const listedFieldsOf = (fields: readonly WireField[] | undefined): ListedField[] | undefined =>
  fields?.map(ofLibrary);

/** What is written of a product up to its score. What nobody says is absent. */
export function describedAs(item: ListedProduct<Named>, fields: readonly WireField[] = []) {
  const { product, name, category } = item;
  const values: Partial<Record<WireField, unknown>> = {};
  for (const field of fields) values[field] = item[ofLibrary(field)];
  return { product, name, category, ...values } as Named & Pick<v.InferOutput<typeof said>, WireField>;
}
