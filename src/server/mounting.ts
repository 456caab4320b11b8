/** What the app answers where it has no endpoint, alone or mounted in another Hono app at any depth. */
import type { Context, Hono, MiddlewareHandler } from 'hono';
import { basePath, baseRoutePath, matchedRoutes } from 'hono/route';
import { fail } from './failures.ts';

type Route = Hono['routes'][number];

/** The path under which the app of the running handler is mounted, without a slash at its end; '' if it is not. */
export function mountPath(c: Context): string {
  return withoutSlash(basePath(c));
}

/** The answer of `GET /`. `root` is the path under which clients reach the app. */
export function rootOf(app: Hono, root: string) {
  const endpoints = app.routes.filter(isEndpoint).map(({ method, path }) => `${method} ${root}${path}`);
  return { name: 'endcap', openapi: `${root}/openapi.json`, endpoints: [...new Set(endpoints)] };
}

/**
 * Answers every path that has no endpoint: 404, or 405 if only the method is wrong. OPTIONS of an endpoint answers with
 * its methods. To be routed last, for all methods and paths: Hono's own `notFound` is that of the outermost app.
 *
 * Routes that the outer app adds below the mount path after mounting stay its own; a catch-all of the outer app does not
 * cover this app.
 */
export function fallback(app: Hono, root: (c: Context) => string): MiddlewareHandler {
  return async (c, next) => {
    if (hasLaterRoute(c)) return next();
    const { method } = c.req;
    const path = c.req.path.slice(mountPath(c).length) || '/';
    const methods = new Set(
      app.routes.filter((route) => isEndpoint(route) && route.path === path).map((r) => r.method),
    );
    // Hono routes the root of a mounted app either with the slash or without it.
    if (path === '/' && (method === 'GET' || method === 'HEAD')) return c.json(rootOf(app, root(c)));
    const shown = `${root(c)}${path}`.slice(0, 200);
    if (methods.size === 0) {
      return fail(c, 404, 'not_found', `there is no ${shown} here; see ${root(c)}/openapi.json for what there is`);
    }
    if (methods.has('GET')) methods.add('HEAD');
    const allow = [...methods, 'OPTIONS'].join(', ');
    c.header('allow', allow);
    if (method === 'OPTIONS') return c.body(null, 204);
    return fail(c, 405, 'method_not_allowed', `${shown} does not accept ${method}, only ${allow}`, { allow });
  };
}

/** Whether the outer app routes this request itself, below the mount path and after mounting. */
function hasLaterRoute(c: Context): boolean {
  const below = `${withoutSlash(baseRoutePath(c))}/`;
  return matchedRoutes(c)
    .slice(c.req.routeIndex + 1)
    .some(({ path }) => path.startsWith(below));
}

function isEndpoint({ method }: Route): boolean {
  return method !== 'ALL';
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '');
}
