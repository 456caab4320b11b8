import type { Context, Hono } from 'hono';
import { invalidOption, onlyKnown } from '../../options.ts';
import { afterAWhile } from '../../turns.ts';
import { mountPath } from '../mounting.ts';
import type { ExplorerParts } from './pages.ts';

const path = '/explorer';

export interface ExplorerOptions {
  /**
   * Origins whose pictures of products the pages show, such as `https://cdn.shop.example`; none by default, and then pages link
   * to them. Whoever has such a host learns what is looked at: not by whom, nor on which page.
   */
  pictures?: readonly string[];
}

/** @throws `invalid_options` */
export function picturesOf(explorer: unknown): readonly string[] {
  if (typeof explorer === 'boolean') return [];
  if (typeof explorer !== 'object' || explorer === null || Array.isArray(explorer))
    throw invalidOption('explorer', explorer, 'true, false, or an object');
  onlyKnown(explorer, ['pictures']);
  const { pictures = [] } = explorer as ExplorerOptions;
  if (!Array.isArray(pictures)) throw invalidOption('explorer.pictures', pictures, 'a list of origins');
  for (const origin of pictures)
    if (!isOrigin(origin))
      throw invalidOption('explorer.pictures', origin, 'an origin, such as https://cdn.shop.example');
  return pictures;
}

/** As browsers write it: what else a policy might hold, such as a path or a wildcard, would mean something else there. */
function isOrigin(given: unknown): boolean {
  if (typeof given !== 'string' || !URL.canParse(given)) return false;
  const { protocol, origin } = new URL(given);
  return (protocol === 'https:' || protocol === 'http:') && origin === given && !given.includes('*');
}

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
