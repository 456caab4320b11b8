/** Schemas as the OpenAPI document writes them. Those with an `id` are among its components, and are referred to. */
import { type ConversionConfig, toJsonSchema } from '@valibot/to-json-schema';
import type { ResolverReturnType } from 'hono-openapi';
import type * as v from 'valibot';

type Json = Record<string, unknown>;

/** What `hono-openapi` asks for the JSON of a schema. */
export function inDocument(schema: v.GenericSchema): ResolverReturnType {
  return { toOpenAPISchema: async () => jsonOf(schema) } as unknown as ResolverReturnType;
}

function jsonOf(schema: v.GenericSchema): { schema: Json; components: { schemas: Json } } {
  const schemas: Json = {};

  const overrideAction: ConversionConfig['overrideAction'] = ({ jsonSchema }) => {
    const { id, $ref, ...json } = jsonSchema as Json;
    if ($ref !== undefined) return { $ref } as { $ref: string };
    if (id === undefined) return undefined;
    schemas[String(id)] = json;
    return { $ref: `#/components/schemas/${id}` };
  };

  // The shortest way to say the same, which is what clients are generated from.
  const overrideSchema: ConversionConfig['overrideSchema'] = ({ jsonSchema }) => {
    const json = { ...jsonSchema } as Json;
    if (Array.isArray(json.required) && json.required.length === 0) delete json.required;
    if ('const' in json) json.type = typeof json.const;
    const { anyOf } = json;
    if (Array.isArray(anyOf) && anyOf.every((one) => typeof one.type === 'string' && Object.keys(one).length === 1)) {
      delete json.anyOf;
      json.type = anyOf.map(({ type }) => type);
    }
    return json;
  };

  // What is beyond JSON Schema, such as that a number is finite, is not written.
  const options: ConversionConfig = {
    target: 'draft-2020-12',
    typeMode: 'input',
    errorMode: 'ignore',
    overrideAction,
    overrideSchema,
  };
  const { $schema: _, ...json } = toJsonSchema(schema as Parameters<typeof toJsonSchema>[0], options) as Json;
  return { schema: json, components: { schemas } };
}
