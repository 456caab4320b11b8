/** What a request body must be before a handler sees it: uncompressed JSON in UTF-8, not too long, of the right shape. */
import type { Context, MiddlewareHandler } from 'hono';
import type * as v from 'valibot';
import { throwIfAborted } from '../../errors.ts';
import { maxNamed } from '../../live/scenarios/settings.ts';
import { turn } from '../../turns.ts';
import type { Admitted } from '../admission.ts';
import { fail, failValidation, maxFieldsListed } from '../failures.ts';
import { checkedInTurns, checkedNow } from './pieces.ts';
import { fields, lists } from './requests.ts';

const jsonType = /^application\/([\w.-]+\+)?json\s*(;|$)/i;
const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i;

/** A body of so many bytes is parsed and checked in less than 0.1 ms. */
const shortBody = 2048;

/**
 * No request needs so many opening brackets, of which a basket has 1,001, nor colons. A parser spends a hundred times as long on
 * one as on a character of a string, so that a megabyte of them would take a tenth of a second.
 */
const maxMarks = 2 ** 16;

type Bytes = ArrayBuffer | Uint8Array<ArrayBuffer>;

const decoder = new TextDecoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true });

/** The types of a body before and after its check, as Hono wants them. */
interface Checked<Schema extends v.GenericSchema> {
  in: { json: v.InferInput<Schema> };
  out: { json: v.InferOutput<Schema> };
}

/**
 * Reads, parses and checks the body of an admitted request; the handler gets it with `c.req.valid('json')`. Long bodies are
 * parsed when it is their turn.
 */
export function jsonBody<Schema extends v.GenericSchema>(
  schema: Schema,
  maxBytes: number,
): MiddlewareHandler<Admitted, string, Checked<Schema>> {
  return async (c, next) => {
    const unsupported = unsupportedType(c);
    if (unsupported !== undefined) return fail(c, 415, 'unsupported_media_type', unsupported);
    let bytes: Bytes | undefined;
    try {
      bytes = await readWithin(c, maxBytes);
    } catch {
      return fail(c, 400, 'invalid_json', 'the request body ended too early');
    }
    if (!bytes) {
      return fail(c, 413, 'body_too_large', `the request body is over ${maxBytes} bytes`, { max_bytes: maxBytes });
    }
    const { received, signal } = c.get('admission');
    received();
    const isLong = bytes.byteLength > shortBody;
    if (isLong) {
      await turn();
      throwIfAborted(signal());
    }
    const text = textOf(bytes);
    if (text === undefined) return fail(c, 400, 'invalid_json', 'the request body is not valid UTF-8');
    if (hasTooManyMarks(text)) {
      return fail(c, 400, 'invalid_json', `the request body has over ${maxMarks} opening brackets or colons`);
    }
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return fail(c, 400, 'invalid_json', 'the request body is not valid JSON');
    }
    const { body, right } = shortened(json);
    const { data, issues } = isLong ? await checkedInTurns(schema, body) : checkedNow(schema, body);
    if (issues) return failValidation(c, issues);
    c.req.addValidatedData('json', { ...data, ...right });
    if (isLong) {
      await turn();
      throwIfAborted(signal());
    }
    return next();
  };
}

/** What is wrong with the headers that describe the body; undefined if nothing is. */
function unsupportedType(c: Context): string | undefined {
  const type = c.req.header('content-type') ?? '';
  if (!jsonType.test(type) || c.req.header('content-encoding') !== undefined) {
    return 'send uncompressed JSON with the header content-type: application/json';
  }
  const named = charset.exec(type)?.[1];
  if (named === undefined || /^utf-?8$/i.test(named)) return undefined;
  return `send JSON in UTF-8; the header content-type names the charset '${named.slice(0, 40)}'`;
}

/** The bytes of the body, or undefined if there are too many. */
export async function readWithin(c: Context, maxBytes: number): Promise<Bytes | undefined> {
  // The host enforces the declared length. Counting would cost more than the rest of the request.
  const length = c.req.header('content-length');
  const isCounted = length === undefined || c.req.header('transfer-encoding') !== undefined;
  if (!isCounted) return Number(length) > maxBytes ? undefined : c.req.arrayBuffer();
  // Middleware of an outer app may have read it; Hono then keeps it. Firefox has no streams of requests.
  if (c.req.raw.bodyUsed || !c.req.raw.body) {
    const bytes = await c.req.arrayBuffer();
    return bytes.byteLength <= maxBytes ? bytes : undefined;
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const keep = (chunk: Uint8Array) => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(new Uint8Array(chunk));
    else chunks.length = 0;
  };
  // Even a body that is too long is read to its end: a connection with a half-read request would fail the next one on it.
  await c.req.raw.body.pipeTo(new WritableStream({ write: keep }));
  return size <= maxBytes ? joined(chunks, size) : undefined;
}

function joined(chunks: readonly Uint8Array[], size: number): Bytes {
  const all = new Uint8Array(size);
  let end = 0;
  for (const chunk of chunks) {
    all.set(chunk, end);
    end += chunk.length;
  }
  return all;
}

/** The text of UTF-8; undefined if it is something else. */
function textOf(bytes: Bytes): string | undefined {
  const text = decoder.decode(bytes);
  // Decoding puts U+FFFD in place of what is wrong, but the sender may have written one. The strict decoder knows, and is slow.
  if (!text.includes('\uFFFD')) return text;
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Counts them in strings as well: to tell these apart would take longer than to parse most bodies. */
function hasTooManyMarks(text: string): boolean {
  return text.length > maxMarks && (hasMore(text, '[{', maxMarks) || hasMore(text, ':', maxMarks));
}

function hasMore(text: string, marks: string, max: number): boolean {
  let count = 0;
  for (const mark of marks) {
    for (let at = text.indexOf(mark); at >= 0 && count <= max; at = text.indexOf(mark, at + 1)) count++;
  }
  return count > max;
}

/**
 * The same body, without most of what is certainly wrong: unknown fields beyond those that are reported, and the rest of
 * lists and of named entries after as many wrong ones as are reported, or after one too many. Checking a megabyte of them
 * would take up to a second. Long lists that are certainly `right` are put aside: checking them again would take most of the
 * time.
 */
function shortened(json: unknown): { body: unknown; right?: Record<string, unknown> } {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return { body: json };
  let body = withFewFields(json as Record<string, unknown>);
  for (const field of ['scenarios', 'rules']) if (isMap(body[field])) body = { ...body, [field]: withFew(body[field]) };
  let right: Record<string, unknown> | undefined;
  for (const { field, max, mayHold, isSure } of lists) {
    const list = body[field];
    if (!Array.isArray(list)) continue;
    let end = 0;
    let wrong = 0;
    for (; end < list.length && end <= max && wrong < maxFieldsListed; end++) {
      if (!mayHold(list[end])) wrong++;
    }
    const isRight = isSure && wrong === 0 && end === list.length && end <= max && end > 0;
    if (isRight) right = { ...right, [field]: list };
    if (isRight || end < list.length) body = { ...body, [field]: list.slice(0, isRight ? 1 : end) };
  }
  return { body, right };
}

const isMap = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Entries by name, and those of their lists, up to one too many. */
function withFew(entries: object): object {
  const first = <Value>(of: Iterable<Value>) => Array.from(of).slice(0, maxNamed + 1);
  return Object.fromEntries(
    first(Object.entries(entries)).map(([name, entry]) => {
      if (!isMap(entry)) return [name, entry];
      const fields = first(Object.entries(entry));
      return [name, Object.fromEntries(fields.map(([f, value]) => [f, Array.isArray(value) ? first(value) : value]))];
    }),
  );
}

function withFewFields(body: Record<string, unknown>): Record<string, unknown> {
  const names = Object.keys(body);
  if (names.length <= fields.size) return body;
  const known = [...fields].filter((field) => Object.hasOwn(body, field));
  const unknown = names.filter((name) => !fields.has(name)).slice(0, maxFieldsListed);
  return Object.fromEntries([...known, ...unknown].map((name) => [name, body[name]]));
}
