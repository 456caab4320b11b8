/** What is known of a request once it is answered, for logs and metrics. */
import type { Context, MiddlewareHandler } from '#hono';
import type { Source } from '../recommending/types.ts';

/** A request that was answered. It holds no id of a customer. */
export interface RequestLog extends Observed {
  /** From the header `x-request-id`, or made here. */
  id: string;
  method: string;
  /** With `{id}` in place of a customer's. */
  path: string;
  /** The path of the endpoint, such as `/recommend`; absent if there is none. */
  route?: string;
  status: number;
  ms: number;
  /** The id of the key, if the server has keys. */
  key?: string;
  /** The header `traceparent` as the client sent it. */
  traceparent?: string;
}

/** What endpoints say about their answer; a handler sets it as `observed`. */
export interface Observed {
  /** What a list was made from. */
  source?: Source;
  /** How many products a list has, and was to have. */
  items?: number;
  asked?: number;
  /** How many purchases of a request were new, were there before, and are of products that the model does not know. */
  purchases?: { accepted: number; duplicates: number; unknown: number };
  /** How long they took to be on disk, in milliseconds. */
  commitMs?: number;
}

/** The path of the endpoint that answered. */
function routeOf(c: Context): string | undefined {
  return c.req.matchedRoutes.findLast(({ method }) => method !== 'ALL')?.path;
}

/** The only id of anybody that a path may hold, also in one that is mistyped. An id may have slashes, and anything else. */
const customerInPath = /(\/customers(\/|%(25)*2f)+).+/is;

/** What a request may be called by its sender: short, and nothing that could break a line of a log. */
const requestId = /^[\w.:/+=-]{1,128}$/;
const traceContext = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Tells observers of every request once its answer is made.
 * @param isNamed whether the answer says the id of the request
 */
export function logged(observers: readonly ((request: RequestLog) => void)[], isNamed: boolean): MiddlewareHandler {
  return async (c, next) => {
    const start = performance.now();
    const given = c.req.header('x-request-id');
    // Making one takes as long as counting the request.
    const id = given !== undefined && requestId.test(given) ? given : isNamed ? crypto.randomUUID() : '';
    await next();
    if (isNamed) c.header('x-request-id', id);
    const traceparent = c.req.header('traceparent');
    const key: string | undefined = c.get('key');
    const route = routeOf(c);
    const request: RequestLog = {
      id,
      method: c.req.method,
      path: c.req.path.replace(customerInPath, '$1{id}'),
      ...(route !== undefined && { route }),
      status: c.res.status,
      ms: Math.round((performance.now() - start) * 1000) / 1000,
      ...(key !== undefined && { key }),
      ...(traceparent !== undefined && traceContext.test(traceparent) && { traceparent }),
      ...(c.get('observed') as Observed | undefined),
    };
    for (const observe of observers) observe(request);
  };
}
