/**
 * What requests and settings may ask of products, as they are on the wire, for the OpenAPI document. Only the shape of the
 * whole is checked here: what a condition may hold depends on the catalogue, and `condition.ts` reads it.
 */
import * as z from 'zod';
import type { Condition } from '../../recommending/serving/options.ts';
import { maxConditions, maxDepth, maxValues } from './condition.ts';

const isObject = 'a condition, such as {"field": "price", "max": 20}';
const itself = { $ref: '#/components/schemas/Condition' };
const value = { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] };
const field = {
  type: 'string',
  description: '`available`, `price`, `name`, `category`, or `attributes.` and a name.',
};
const shape = (properties: Record<string, object>, required: readonly string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const several = { type: 'array', items: itself, minItems: 1, maxItems: maxConditions };

const anyObject = z.record(z.string(), z.unknown(), { error: isObject }) as unknown as z.ZodType<Condition>;

/** One condition. */
export const condition = anyObject.meta({
  id: 'Condition',
  description: `What is asked of the fields of a product. Of several categories, one has to match. A product of which a field is not known does not match a condition on it, and so matches its negation. At most ${maxConditions} conditions, ${maxDepth} deep, with ${maxValues} values.`,
  anyOf: [
    shape({ field, equals: value }, ['field', 'equals']),
    shape({ field, in: { type: 'array', items: value, minItems: 1, maxItems: maxValues } }, ['field', 'in']),
    shape({ field, min: { type: 'number' }, max: { type: 'number' } }, ['field']),
    shape({ and: several }, ['and']),
    shape({ or: several }, ['or']),
    shape({ not: itself }, ['not']),
  ],
  examples: [
    { field: 'price', max: 20 },
    { and: [{ field: 'category', in: ['Kitchen', 'Linen'] }, { not: { field: 'attributes.organic', equals: false } }] },
  ],
});

/** The fields of a request that ask something of products. */
export const merchandisingFields = {
  filter: condition.optional().meta({
    description: 'List only products that meet this condition. Of a shop only.',
  }),
};
