/**
 * What requests and settings may ask of products, as they are on the wire, for the OpenAPI document. Only the shape of the
 * whole is checked here: what a condition may hold depends on the catalogue, and `condition.ts` reads it.
 */
import * as v from 'valibot';
import { maxRecommendations } from '../../recommending/filters.ts';
import type { Condition } from '../../recommending/serving/options.ts';
import { anyId } from '../catalogue/fields.ts';
import { exactly, int, number } from '../schemas.ts';
import { attributePrefix } from './columns.ts';
import { maxConditions, maxDepth, maxText, maxValues } from './condition.ts';

const isObject = 'a condition, such as {"field": "price", "max": 20}';
const itself = { $ref: '#/components/schemas/Condition' };
const text = { type: 'string', maxLength: maxText };
const numeric = { type: 'number' };
const bool = { type: 'boolean' };
const attribute = {
  type: 'string',
  pattern: `^${attributePrefix.replace('.', '\\.')}`,
  description: `\`${attributePrefix}\` and the name of an attribute that some product has.`,
};
const shape = (properties: Record<string, object>, required: readonly string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
/** What can be asked of a field whose values are such. */
const tests = (field: object, value: object) => [
  shape({ field, equals: value }, ['field', 'equals']),
  shape({ field, in: { type: 'array', items: value, minItems: 1, maxItems: maxValues } }, ['field', 'in']),
];
const range = (field: object) => ({
  ...shape({ field, min: numeric, max: numeric }, ['field']),
  anyOf: [{ required: ['min'] }, { required: ['max'] }],
});
const several = { type: 'array', items: itself, minItems: 1, maxItems: maxConditions };

/** Its fields are not looked at here: copying a megabyte of them would hold all other requests. */
const anyObject = v.pipe(
  v.unknown(),
  v.check((value) => typeof value === 'object' && value !== null && !Array.isArray(value), isObject),
  v.metadata({ type: 'object' }),
) as unknown as v.GenericSchema<Condition>;

/** One condition. */
const condition = v.pipe(
  anyObject,
  v.metadata({
    id: 'Condition',
    description: `What is asked of the fields of a product. Of several categories, one has to match. A product of which a field is not known does not match a condition on it, and so matches its negation. At most ${maxConditions} conditions, ${maxDepth} deep, with ${maxValues} values.`,
    anyOf: [
      ...tests({ const: 'available' }, bool),
      ...tests({ enum: ['name', 'category', 'url', 'image_url'] }, text),
      ...tests({ const: 'price' }, numeric),
      ...tests(attribute, { anyOf: [text, numeric, bool] }),
      range({ const: 'price' }),
      range(attribute),
      shape({ and: several }, ['and']),
      shape({ or: several }, ['or']),
      shape({ not: itself }, ['not']),
    ],
    examples: [
      { field: 'price', max: 20 },
      {
        and: [{ field: 'category', in: ['Kitchen', 'Linen'] }, { not: { field: 'attributes.organic', equals: false } }],
      },
    ],
  }),
);

/** Of one list; so are pins. */
export const maxBoosts = 3;
const maxBy = 100;
export const maxPins = 100;
const by = `a number from -${maxBy} to ${maxBy}`;
const position = `a whole number from 1 to ${maxRecommendations}`;

const listOf = <Item extends v.GenericSchema>(item: Item, max: number, what: string) => {
  const error = `a list of at most ${max} ${what}`;
  return v.pipe(v.array(item, error), v.maxLength(max, error));
};

const place = v.pipe(int(position), v.minValue(1, position), v.maxValue(maxRecommendations, position));
const boost = exactly({
  filter: condition,
  by: v.pipe(
    number(by),
    v.minValue(-maxBy, by),
    v.maxValue(maxBy, by),
    v.description(
      'What to add to the scores of the products that meet the filter: 1 is as much as the best product of the list without boosts is ahead of its last one, or of the tenth if that is longer; below 0 lowers them.',
    ),
  ),
});

/** Boosts and pins, as options of the library. */
export const boosts = listOf(boost, maxBoosts, 'boosts');
export const pins = listOf(exactly({ product: anyId, position: place }), maxPins, 'pins');

/** The fields of a request that ask something of products. */
export const merchandisingFields = {
  filter: v.optional(v.pipe(condition, v.description('List only products that meet this condition. Of a shop only.'))),
  boost: v.optional(
    v.pipe(
      listOf(v.pipe(boost, v.metadata({ id: 'Boost' })), maxBoosts, 'boosts'),
      v.description(
        'Lift or lower products that meet conditions; what several lift is lifted by their sum. Of a shop only.',
      ),
    ),
  ),
  pin: v.optional(
    v.pipe(
      listOf(v.pipe(exactly({ product_id: anyId, position: place }), v.metadata({ id: 'Pin' })), maxPins, 'pins'),
      v.description(
        'Products at places of their own, from 1, if the list may hold them. The list fills up around them. Of a shop only.',
      ),
    ),
  ),
};
