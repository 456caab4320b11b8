/** The OpenAPI document of the routes of an app: what each says of itself, with its schemas as JSON. */
import { type ConversionConfig, toJsonSchema } from '@valibot/to-json-schema';
import type { Hono, MiddlewareHandler } from 'hono';
import type * as v from 'valibot';

type Json = Record<string, unknown>;

/** What a body holds, by its type. */
export type Content = Readonly<Record<string, { schema: v.GenericSchema | object; example?: unknown }>>;
export interface Answer {
  description: string;
  headers?: object;
  content: Content;
}
interface Reference {
  $ref: string;
}

/** An operation as OpenAPI has it, but for its schemas. */
export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  security?: readonly Readonly<Record<string, string[]>>[];
  parameters?: readonly object[];
  requestBody?: { required: boolean; content: Content };
  responses: Readonly<Record<number, Answer | Reference>>;
}

const operations = new WeakMap<object, Operation>();

/** A middleware that does nothing but say what its route is. */
export function describeRoute(operation: Operation): MiddlewareHandler {
  const pass: MiddlewareHandler = (_, next) => next();
  operations.set(pass, operation);
  return pass;
}

/** @param head the rest of the document, whose answers may have schemas as well. */
export function documentOfRoutes({ routes }: Hono, head: { components: Json } & Json): Json {
  const paths: Record<string, Json> = {};
  const schemas: Json = {};
  for (const { path, method, handler } of routes) {
    const operation = operations.get(handler);
    if (!operation) continue;
    const template = path.replace(/:(\w+)/g, '{$1}');
    paths[template] ??= {};
    paths[template][method.toLowerCase()] = written(operation, schemas);
  }
  const components = written(head.components, schemas) as Json;
  return { ...head, paths, components: { ...components, schemas } };
}

/** The same value with the JSON of its schemas. Those with an `id` are added to `schemas`, and are referred to. */
function written(value: unknown, schemas: Json): unknown {
  if (Array.isArray(value)) return value.map((entry) => written(entry, schemas));
  if (typeof value !== 'object' || value === null) return value;
  if ('~run' in value) return jsonOf(value as v.GenericSchema, schemas);
  return Object.fromEntries(Object.entries(value).map(([key, its]) => [key, written(its, schemas)]));
}

function jsonOf(schema: v.GenericSchema, schemas: Json): Json {
  const overrideAction: ConversionConfig['overrideAction'] = ({ jsonSchema }) => {
    const { id, $ref, ...json } = jsonSchema as Json;
    if ($ref !== undefined) return { $ref } as Reference;
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
  return json;
}
