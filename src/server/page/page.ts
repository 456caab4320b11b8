/** What a page of the explorer is, and what it is asked with. */
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ServingShop } from '../../live/types.ts';
import type { Markup } from '../../page/svg.ts';
import type { Recommender } from '../../recommending/types.ts';
import type { Admitted } from '../admission.ts';
import type { Place } from './frame.ts';
import type { RecentSummary } from './live/summary.ts';

/** What answers right now: the shop, if there is one. */
export type Answering = Recommender | ServingShop;

/** A request for a page while there is a model. */
export interface PageRequest {
  /** `query.ts` reads what its query says. */
  readonly c: Context;
  /** What links begin with, such as `/explorer`. */
  readonly root: string;
  readonly answering: Answering;
  readonly shop: ServingShop | undefined;
  /** Origins of pictures that pages may show, besides their own. */
  readonly pictures: readonly string[];
  /** Fires when nobody waits for the page any more. Lists take it. */
  readonly signal: AbortSignal;
  /** The requests of the last hour, of all threads. */
  recent(): Promise<RecentSummary>;
}

export interface PageContent {
  readonly title: string;
  readonly body: Markup;
  /** 200 by default. */
  readonly status?: ContentfulStatusCode;
}

/**
 * A page. What it throws becomes one that says so: of an EndcapError that the caller can fix, its message (`query.ts` throws
 * them), and of anything else, that the server failed.
 */
export interface Page {
  /** Below the path of the explorer; Hono's syntax. */
  readonly path: string;
  /** Which entry of the navigation it belongs to. */
  readonly place: Place;
  /** Answers with a page, or with something else, such as a file. */
  readonly render: (request: PageRequest) => Promise<PageContent | Response>;
}

/** Where the explorer is, as this process sees it and as clients do, and the request as the app around it sees it. */
export interface At {
  mount: string;
  root: string;
  outer: Context;
}

export interface PagesEnv {
  Bindings: At;
  Variables: Admitted['Variables'] & {
    /** The id of the key with which somebody signed in. */
    signedIn?: string;
  };
}

/** Answers with a page around this content. */
export type Answer = (c: Context<PagesEnv>, content: PageContent, place?: Place) => Response | Promise<Response>;
