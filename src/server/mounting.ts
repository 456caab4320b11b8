/** What the app answers where it has no endpoint, alone or mounted in another Hono app at any depth. */
import type { Context, Hono, MiddlewareHandler } from 'hono';
import { fail } from './failures.ts';

type Route = Hono['routes'][number];

/** Matches every path of the app. */
export const anyPath = '/*';

/**
 * The path under which the app is mounted, without a slash at its end; '' if it is not mounted. `own` is the path of the
 * running route within the app.
 *
 * The getters of the request are deprecated in favor of `hono/route`, but that works only within one copy of Hono, and the
 * outer app may have another.
 */
export function mountPath(c: Context, own: string): string {
  const segments = mountPattern(c.req.routePath, own).split('/').length;
  return c.req.path.split('/').slice(0, segments).join('/');
}

/** The same as it was given to `route`, with names of parameters in place of their values. */
function mountPattern(path: string, own: string): string {
  return path.slice(0, path.length - own.length).replace(/\/+$/, '');
}

/** The answer of `GET /`. `root` is the path under which clients reach the app. */
export function rootOf(app: Hono, root: string) {
  const endpoints = app.routes
    .filter(isEndpoint)
    .map(({ method, path }) => `${method} ${root}${path.replace(/:(\w+)/g, '{$1}')}`);
  return { name: 'endcap', openapi: `${root}/openapi.json`, endpoints: [...new Set(endpoints)] };
}

/**
 * Answers every path that has no endpoint: 404, or 405 if only the method is wrong. OPTIONS of an endpoint answers with
 * its methods. To be routed last, for all methods and `anyPath`: Hono's own `notFound` is that of the outermost app.
 *
 * Routes that the outer app adds below the mount path after mounting stay its own; a catch-all of the outer app does not
 * cover this app.
 */
export function fallback(app: Hono, publicPath: string | undefined): MiddlewareHandler {
  return async (c, next) => {
    if (hasLaterRoute(c)) return next();
    const { method } = c.req;
    const mount = mountPath(c, anyPath);
    const root = publicPath ?? mount;
    const path = c.req.path.slice(mount.length) || '/';
    const methods = new Set(
      app.routes.filter((route) => isEndpoint(route) && isPathOf(path, route)).map((r) => r.method),
    );
    // Hono routes the root of a mounted app either with the slash or without it.
    if (path === '/' && (method === 'GET' || method === 'HEAD')) return c.json(rootOf(app, root));
    const shown = `${root}${path}`.slice(0, 200);
    if (methods.size === 0) {
      return fail(c, 404, 'not_found', `there is no ${shown} here; see ${root}/openapi.json for what there is`);
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
  const below = `${mountPattern(c.req.routePath, anyPath)}/`;
  return c.req.matchedRoutes.slice(c.req.routeIndex + 1).some(({ path }) => path.startsWith(below));
}

/** Whether a path is one of a route, whose path may have parameters, such as `/customers/:id`. */
function isPathOf(path: string, route: Route): boolean {
  const [own, given] = [route.path.split('/'), path.split('/')];
  return (
    own.length === given.length && own.every((part, i) => part === given[i] || (part[0] === ':' && given[i] !== ''))
  );
}

/** Paths with a star only name what is below them. */
function isEndpoint({ method, path }: Route): boolean {
  return method !== 'ALL' && !path.endsWith('*');
}
