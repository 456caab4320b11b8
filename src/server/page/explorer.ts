import type { Context, Hono } from 'hono';
import { afterAWhile } from '../../turns.ts';
import { mountPath } from '../mounting.ts';
import type { ExplorerParts } from './pages.ts';

const path = '/explorer';

/** A server that starts has other things to do, in milliseconds. */
const loadAfterMs = 3000;

/**
 * Adds the explorer: pages on which people see what the recommender does, and why. Their code loads with the first request, or
 * when the app has been there for a while.
 *
 * @param publicPath the path under which clients reach the app, if it is not that of the request.
 */
export function addExplorer(app: Hono, parts: ExplorerParts, publicPath: string | undefined): void {
  let pages: ReturnType<typeof open> | undefined;
  const load = () => import('./pages.ts');
  const open = async () => (await load()).createPages(parts);
  afterAWhile(() => void load().catch(() => {}), loadAfterMs);
  const show = (own: string) => async (c: Context) => {
    pages ??= open();
    const mount = mountPath(c, own);
    const at = { outer: c, mount: `${mount}${path}`, root: `${publicPath ?? encodeURI(mount)}${path}` };
    return (await pages).fetch(c.req.raw, at);
  };
  app.get(path, show(path));
  // Matches the path itself as well, and names the requests in metrics.
  const all = `${path}/*`;
  app.on(['GET', 'POST'], all, show(all)).all(all, show(all));
}
