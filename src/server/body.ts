/** What a request body must be before a handler sees it: uncompressed JSON, not too long, of the right shape. */
import type { Context, Env, MiddlewareHandler } from 'hono';
import { validator } from 'hono-openapi';
import type { z } from 'zod';
import { fail, failValidation } from './failures.ts';

const jsonType = /^application\/([\w.-]+\+)?json\s*(;|$)/i;

/** Lets only uncompressed JSON of at most `maxBytes` through to the validator. */
export function jsonBody(maxBytes: number): MiddlewareHandler {
  const tooLarge = (c: Context) =>
    fail(c, 413, 'body_too_large', `the request body is over ${maxBytes} bytes`, { max_bytes: maxBytes });
  return async (c, next) => {
    if (!jsonType.test(c.req.header('content-type') ?? '') || c.req.header('content-encoding') !== undefined) {
      return fail(
        c,
        415,
        'unsupported_media_type',
        'send uncompressed JSON with the header content-type: application/json',
      );
    }
    // The host enforces the declared length. Counting would cost more than the rest of the request.
    const length = c.req.header('content-length');
    if (length !== undefined && c.req.header('transfer-encoding') === undefined) {
      return Number(length) > maxBytes ? tooLarge(c) : next();
    }
    if (c.req.raw.body === null) return next();
    let body: Blob | undefined;
    try {
      body = await readWithin(c.req.raw.body, maxBytes);
    } catch {
      return fail(c, 400, 'invalid_json', 'the request body ended too early');
    }
    if (body === undefined) return tooLarge(c);
    c.req.raw = new Request(c.req.raw, { body });
    return next();
  };
}

/**
 * The whole body, or undefined if it is over the limit. Even then it is read to its end and discarded: a connection with
 * a half-read request would fail the next request on it.
 */
async function readWithin(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Blob | undefined> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const keep = (chunk: Uint8Array) => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(new Uint8Array(chunk));
    else chunks.length = 0;
  };
  await body.pipeTo(new WritableStream({ write: keep }));
  return size <= maxBytes ? new Blob(chunks) : undefined;
}

/** The types of a body before and after its check, as Hono wants them. */
interface Checked<Schema extends z.ZodType> {
  in: { json: z.input<Schema> };
  out: { json: z.output<Schema> };
}

/** Parses and checks the body; the handler reads it with `c.req.valid('json')`. */
export function checked<Schema extends z.ZodType>(schema: Schema): MiddlewareHandler<Env, string, Checked<Schema>> {
  return validator('json', schema, (result, c) => {
    if (!result.success) return failValidation(c, result.error as readonly z.core.$ZodIssue[]);
  });
}
