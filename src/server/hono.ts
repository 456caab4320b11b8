/**
 * What our declarations need of Hono's types, for TypeScript before 5.7, which cannot read Hono's own: they have arrays of
 * bytes that are generic. Before 5.7, `#hono` leads compilers here, and from then on to Hono; see `imports` in package.json.
 */

/** An app, for those who ask it, serve it, or mount it. */
export interface Hono {
  fetch(request: Request, env?: object, executionContext?: object): Response | Promise<Response>;
  request(
    input: Request | string | URL,
    init?: RequestInit,
    env?: object,
    executionContext?: object,
  ): Response | Promise<Response>;
}

/** A request, for those who tell where it comes from. */
export interface Context {
  // biome-ignore lint/suspicious/noExplicitAny: each host has an environment of its own.
  readonly env: any;
  readonly req: {
    readonly raw: Request;
    readonly method: string;
    readonly url: string;
    readonly path: string;
    header(name: string): string | undefined;
  };
}

export type MiddlewareHandler = (c: Context, next: () => Promise<void>) => Promise<unknown>;
