/** Every failure of a request has one shape: `{error: {code, message, details}}`. */
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { EndcapError } from '../errors.ts';
import type { Wrong } from '../live/schemas.ts';

/** The server's own codes; an EndcapError that the caller caused keeps its code. */
export type FailureCode =
  | 'bad_request'
  | 'invalid_json'
  | 'invalid_request'
  | 'not_found'
  | 'method_not_allowed'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'headers_too_large'
  | 'expectation_failed'
  | 'request_timeout'
  | 'unauthorized'
  | 'forbidden'
  | 'too_many_requests'
  | 'overloaded'
  | 'deadline_exceeded'
  | 'model_not_loaded'
  | 'draining'
  | 'internal'
  | EndcapError['code'];

/** One wrong field of a body, such as `basket[0].quantity`, and what was expected. */
interface WrongField {
  field: string;
  expected: string;
}

/**
 * The errors that a request can cause; any other is a fault of the server. A request is aborted if its client is gone, or if
 * it has been answered at its deadline: nobody but the log sees this status, which is nginx's.
 */
const statusOf: Partial<Record<EndcapError['code'], number>> = {
  invalid_options: 400,
  unknown_product: 404,
  unknown_customer: 404,
  unknown_experiment: 404,
  no_bought_together: 404,
  unknown_version: 404,
  conflict: 409,
  catalogue_lost: 409,
  model_lost: 409,
  model_worse: 409,
  catalogue_unreadable: 422,
  scenarios_unreadable: 422,
  model_unreadable: 422,
  aborted: 499,
  store_busy: 503,
  store_failed: 503,
};

/** The status of what the caller can do something about; undefined for a fault of the server. */
export function statusOfError(error: unknown): number | undefined {
  return error instanceof EndcapError ? statusOf[error.code] : undefined;
}

export const maxFieldsListed = 20;
const maxNameLength = 80;

/** Seconds after which a 503 invites the client back: a full server has answered what it is busy with long before. */
const retryAfter = '1';

/** The body of every failure. */
export function failureOf(code: FailureCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
  return { error: { code, message, details } };
}

export function fail(
  c: Context,
  status: number,
  code: FailureCode,
  message: string,
  details?: Readonly<Record<string, unknown>>,
): Response {
  if (status === 503) c.header('retry-after', retryAfter);
  return c.json(failureOf(code, message, details), status as ContentfulStatusCode);
}

export function noModel(c: Context, details?: Readonly<Record<string, unknown>>): Response {
  return fail(c, 503, 'model_not_loaded', 'no model is loaded yet; try again later', details);
}

/** A 400 whose message names the first wrong field of a body, and whose details list up to 20 of them. */
export function failValidation(c: Context, issues: readonly Wrong[]): Response {
  const wrong = issues.map(({ path, message }): WrongField => ({ field: fieldName(path), expected: message }));
  const fields = [...new Map(wrong.map((one) => [one.field, one])).values()];
  const first = `${fields[0].field}${issues[0].isUnknownField ? ' is not a known field' : ''}: expected ${fields[0].expected}`;
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more, see details)` : '';
  return fail(c, 400, 'invalid_request', first + more, { fields: fields.slice(0, maxFieldsListed) });
}

function fieldName(path: readonly PropertyKey[]): string {
  const name = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return name === '' ? 'body' : name.replace(/^\./, '').slice(0, maxNameLength);
}

/**
 * Turns whatever a handler threw into an answer. What the caller can fix is reported to the caller; anything else is a
 * 500 without details, and goes to `onError`.
 */
export function failThrown(c: Context, error: unknown, onError: (error: unknown) => void): Response {
  const status = statusOfError(error);
  if (status === undefined || (error as EndcapError).code === 'store_failed') onError(error);
  if (status !== undefined) {
    const { code, message, details } = error as EndcapError;
    return fail(c, status, code, message, details);
  }
  return fail(c, 500, 'internal', 'something went wrong in the server; its log says what');
}

/** Calls what the caller of the library gave us, whose own failure must not become that of a request or of the server. */
export function safely<Args extends unknown[]>(callback: (...args: Args) => unknown): (...args: Args) => void {
  return (...args) => {
    try {
      const result = callback(...args);
      if (result instanceof Promise) result.catch(console.error);
    } catch (error) {
      console.error(error);
    }
  };
}
