import { type Context, Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { getPath } from 'hono/utils/url';
import type { EndcapError } from '../../errors.ts';
import { turn } from '../../turns.ts';
import type { Callers } from '../access/access.ts';
import type { admission } from '../admission.ts';
import { statusOfError } from '../failures.ts';
import type { Serving } from '../health.ts';
import { addAccess } from './access.ts';
import { addAssets } from './assets.ts';
import { catalogue } from './catalogue/catalogue.ts';
import { catalogueCsv } from './catalogue/csv.ts';
import { customer } from './customers/customer.ts';
import { customers } from './customers/customers.ts';
import { data } from './data/data.ts';
import { busy, failed, loading, missing, notAllowed, refusal } from './failures.ts';
import { framed } from './frame.ts';
import { home } from './home/home.ts';
import { live } from './live/live.ts';
import type { RecentRequests } from './live/recent.ts';
import { summaryOf } from './live/summary.ts';
import type { Answer, At, Page, PagesEnv } from './page.ts';
import { product } from './products/product.ts';
import { products } from './products/products.ts';
import { quality } from './quality/quality.ts';
import { warm } from './warm.ts';

/** What the pages are about, and what they share with the API. */
export interface ExplorerParts extends Serving {
  readonly callers: Callers;
  readonly admitted: ReturnType<typeof admission>;
  readonly recent: RecentRequests;
  /** Origins of pictures that pages show, besides their own. */
  readonly pictures: readonly string[];
  /** Called with whatever caused a 500. */
  readonly onError: (error: unknown) => void;
}

export const pages: readonly Page[] = [
  home,
  customers,
  customer,
  products,
  product,
  catalogue,
  catalogueCsv,
  quality,
  data,
  live,
];

const answer: Answer = (c, { title, body, status = 200 }, place) =>
  c.html(framed({ title, body, place, root: c.env.root, signedIn: c.get('signedIn') }), status);

/** The pages as an app of their own, which answers with HTML whatever happens. */
export function createPages({ recommender, shop, callers, admitted, recent, pictures, onError }: ExplorerParts) {
  const app = new Hono<PagesEnv>({
    getPath(request, options) {
      const { mount } = (options as unknown as { env: At }).env;
      return getPath(request).slice(mount.length) || '/';
    },
  });
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", ...pictures],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
      },
      referrerPolicy: 'same-origin',
      strictTransportSecurity: false,
      xFrameOptions: 'DENY',
    }),
    async (c, next) => {
      await next();
      // Pages show what customers bought. Assets say so themselves.
      if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
    },
  );
  addAssets(app);
  app.use(async (c, next) => {
    const refused = await admitted(c as never, () => {
      // What has a body says itself when it is there.
      if (c.req.method !== 'POST') c.get('admission').received();
      return next();
    });
    return refused && answer(c, { ...busy, status: refused.status as ContentfulStatusCode });
  });
  addAccess(app, callers, answer);

  for (const { path, place, render } of pages) {
    app.get(path, async (c) => {
      const answering = shop ? shop() : recommender();
      if (!answering) return answer(c, loading);
      const { signal } = c.get('admission');
      // Each may take some milliseconds: however many are asked for at once, requests of customers pass them by.
      await turn();
      const content = await render({
        ...{ c: c as unknown as Context, root: c.env.root, answering, shop: shop?.(), pictures },
        recent: async () => summaryOf(await recent.counts()),
        get signal() {
          return signal();
        },
      });
      warm(answering);
      return content instanceof Response ? content : answer(c, content, place);
    });
    app.all(path, notAllowed(answer, 'GET, HEAD'));
  }
  app.notFound((c) => answer(c as Context<PagesEnv>, missing));
  app.onError((error, c) => {
    const status = statusOfError(error);
    if (status === undefined || (error as EndcapError).code === 'store_failed') onError(error);
    return answer(c, status === undefined ? failed : refusal(error.message, status as ContentfulStatusCode));
  });
  return app;
}
