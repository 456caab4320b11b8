import type { Context, Hono } from 'hono';
import { mountPath } from '../mounting.ts';
import type { ExplorerParts } from './pages.ts';

const path = '/explorer';

/**
 * Adds the explorer: pages on which people see what the recommender does, and why. Their code loads with the first request.
 *
 * @param publicPath the path under which clients reach the app, if it is not that of the request.
 */
export function addExplorer(app: Hono, parts: ExplorerParts, publicPath: string | undefined): void {
  let pages: ReturnType<typeof open> | undefined;
  const open = async () => (await import('./pages.ts')).createPages(parts);
  const show = (own: string) => async (c: Context) => {
    pages ??= open();
    const mount = mountPath(c, own);
    return (await pages).fetch(c.req.raw, { mount: `${mount}${path}`, root: `${publicPath ?? mount}${path}` });
  };
  app.get(path, show(path));
  app.all(`${path}/*`, show(`${path}/*`));
}
