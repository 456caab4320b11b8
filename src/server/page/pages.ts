import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { secureHeaders } from 'hono/secure-headers';
import type { ServingShop } from '../../live/types.ts';
import type { Markup } from '../../page/svg.ts';
import type { Recommender } from '../../recommending/types.ts';
import type { Serving } from '../health.ts';
import { addAssets } from './assets.ts';
import { framed, type Place } from './frame.ts';
import { home } from './home/home.ts';

/** What the pages are about. */
export interface ExplorerParts extends Serving {
  /** Called with whatever caused a 500. */
  onError: (error: unknown) => void;
}

/** A request for a page while there is a model. */
export interface PageRequest {
  readonly c: Context;
  /** What links begin with, such as `/explorer`. */
  readonly root: string;
  /** What answers right now: the shop, if there is one. */
  readonly answering: Recommender | ServingShop;
  readonly shop: ServingShop | undefined;
}

export interface PageContent {
  readonly title: string;
  readonly body: Markup;
  /** 200 by default. */
  readonly status?: 400 | 404 | 503;
}

export interface Page {
  /** Below the path of the explorer; Hono's syntax. */
  readonly path: string;
  /** Which entry of the navigation it belongs to. */
  readonly place: Place;
  /** Answers with a page, or with something else, such as a file. */
  readonly render: (request: PageRequest) => Promise<PageContent | Response>;
}

const pages: readonly Page[] = [home];

/** Where the explorer is: as this process sees it, and as clients do. */
interface At {
  mount: string;
  root: string;
}

/** The pages as an app of their own, which answers with HTML whatever happens. */
export function createPages({ recommender, shop, onError }: ExplorerParts) {
  const app = new Hono<{ Bindings: At }>({
    getPath: (request, options) => {
      const { mount } = (options as unknown as { env: At }).env;
      return new URL(request.url).pathname.slice(mount.length) || '/';
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
        imgSrc: ["'self'"],
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
  const answer = (c: Context<{ Bindings: At }>, place: Place | undefined, { title, body, status = 200 }: PageContent) =>
    c.html(framed({ title, place, root: c.env.root, body }), status);

  for (const { path, place, render } of pages)
    app.get(path, async (c) => {
      const answering = shop ? shop() : recommender();
      if (!answering) return answer(c, undefined, loading);
      const content = await render({ c, root: c.env.root, answering, shop: shop?.() });
      return content instanceof Response ? content : answer(c, place, content);
    });
  app.notFound((c) => answer(c as Context<{ Bindings: At }>, undefined, missing));
  app.onError((error, c) => {
    onError(error);
    return c.html(framed({ ...failed, place: undefined, root: c.env.root }), 500);
  });
  return app;
}

const loading: PageContent = {
  title: 'No model yet',
  body: html`<p>The model is still being loaded, or trained. Load this page again in a moment.</p>`,
  status: 503,
};
const missing: PageContent = {
  title: 'No such page',
  body: html`<p>There is nothing at this address. The links above lead to all pages.</p>`,
  status: 404,
};
const failed: PageContent = {
  title: 'Something went wrong',
  body: html`<p>The page could not be made. The log of the server says why.</p>`,
};
