/**
 * Who may see the pages. On a server with keys, those who signed in with one; on one without, those who reach it by its own
 * name: a website can give its own name the address of this machine, and would then read whatever its visitors can reach here.
 */
import type { Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { html } from 'hono/html';
import { cut } from '../../page/svg.ts';
import type { Callers } from '../access/access.ts';
import { allows } from '../access/keys.ts';
import { createSession, keyOfSession, sessionSeconds } from '../access/sessions.ts';
import { readWithin } from '../requests/body.ts';
import { notAllowed } from './failures.ts';
import type { Answer, PageContent, PagesEnv } from './page.ts';
import { signInForm } from './sign-in.ts';

const cookie = 'endcap_session';

/** Characters of a place to go to after signing in; that of a page about a long id in emoji. */
const maxPlace = 4000;
/** A key, and a place, of which a form may write each character as three. */
const maxBodyBytes = 3 * maxPlace + 1000;

export function addAccess(app: Hono<PagesEnv>, callers: Callers, answer: Answer): void {
  const { keys, recordOf, waitOf } = callers;
  app.use(async (c, next) => (isPartOfAnother(c) ? answer(c, partOfAnother) : next()));
  const tooMany = (c: Context<PagesEnv>, keyId?: string) => {
    const seconds = waitOf(c.env.outer, keyId);
    if (seconds === 0) return undefined;
    c.header('retry-after', String(seconds));
    return answer(c, slower);
  };

  if (!keys) {
    app.use(async (c, next) => {
      const refused = tooMany(c);
      if (refused) return refused;
      const { listensOn, incoming } = (c.env.outer.env ?? {}) as ServerEnv;
      const proxy = Object.keys(c.req.header()).find((name) => proxyHeader.test(name));
      if (proxy !== undefined) return answer(c, throughProxy(`its header ${proxy}`));
      if (incoming?.httpVersion === '1.0') return answer(c, throughProxy('HTTP/1.0, in which no browser asks,'));
      const { host } = new URL(c.req.url);
      return isOwnHost(host, listensOn) ? next() : answer(c, otherHost(host));
    });
    return;
  }

  const form = (c: Context<PagesEnv>, content: Omit<Parameters<typeof signInForm>[0], 'root' | 'to'>, to: string) =>
    answer(c, signInForm({ ...content, to, root: c.env.root }));
  const options = (c: Context<PagesEnv>) => ({ path: c.env.root, httpOnly: true, secure: isSecure(c) });

  app.get('/sign-in', (c) => form(c, {}, placeWithin(c.env.root, c.req.query('to'))));
  app.post('/sign-in', async (c) => {
    if (!isOwnForm(c)) return answer(c, foreignForm);
    const bytes = await readWithin(c.env.outer, maxBodyBytes).catch(() => undefined);
    c.get('admission').received();
    if (!bytes) return answer(c, tooLong);
    const fields = new URLSearchParams(new TextDecoder().decode(bytes));
    const to = placeWithin(c.env.root, fields.get('to') ?? undefined);
    const record = await recordOf((fields.get('key') ?? '').trim());
    const refused = tooMany(c, record?.id);
    if (refused) return refused;
    if (!record) return form(c, { problem: 'This key is not known. It may have been revoked.' }, to);
    if (!allows(record, 'admin')) {
      const scopes = record.scopes.join(' and ');
      return form(c, { problem: `This key may only ${scopes}. The explorer needs one with the scope admin.` }, to);
    }
    c.env.outer.set('key', record.id);
    // Lax rather than Strict: a link in a mail opens a page, and no GET changes anything.
    setCookie(c, cookie, await createSession(record, Date.now()), {
      ...options(c),
      ...{ sameSite: 'Lax', maxAge: sessionSeconds },
    });
    return c.redirect(to, 303);
  });
  app.all('/sign-in', notAllowed(answer, 'GET, HEAD, POST'));

  app.post('/sign-out', (c) => {
    if (!isOwnForm(c)) return answer(c, foreignForm);
    deleteCookie(c, cookie, options(c));
    return c.redirect(`${c.env.root}/sign-in`, 303);
  });
  app.all('/sign-out', notAllowed(answer, 'POST'));

  app.use(async (c, next) => {
    const session = getCookie(c, cookie);
    const record = session === undefined ? undefined : await keyOfSession(session, keys, Date.now());
    if (!record || !allows(record, 'admin')) {
      const refused = tooMany(c);
      if (refused) return refused;
      const place = placeOf(c);
      // A longer one would be an address that servers refuse.
      const to = place.length > maxPlace ? '' : `?to=${encodeURIComponent(place)}`;
      return c.redirect(`${c.env.root}/sign-in${to}`, 303);
    }
    const refused = tooMany(c, record.id);
    if (refused) return refused;
    c.env.outer.set('key', record.id);
    c.set('signedIn', record.id);
    return next();
  });
}

/** What `serve` says of a request. */
interface ServerEnv {
  listensOn?: string;
  incoming?: { httpVersion?: string };
}

/**
 * What proxies add. Whoever comes through one may be anybody. nginx adds nothing unless it is told to, and names the server by the
 * address that it has for it, but speaks HTTP/1.0 by default in most of its versions.
 */
const proxyHeader =
  /^(via|forwarded|x-forwarded.*|x-original-.*|x-real-ip|(.+-)?client-ip|cf-.*|x-envoy-.*|x-amzn-.*)$/;

/** Whether a host, with or without a port, is this machine, or what the server was told to listen on. */
function isOwnHost(host: string, listensOn: string | undefined): boolean {
  const name = host.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
  return name === listensOn || name === '::1' || /^(.+\.)?localhost$/.test(name) || /^127(\.\d{1,3}){3}$/.test(name);
}

/** Anybody can add the header, and only makes their own cookie one that plain HTTP does not carry. */
function isSecure(c: Context<PagesEnv>): boolean {
  return (
    new URL(c.req.url).protocol === 'https:' || c.req.header('x-forwarded-proto')?.split(',')[0].trim() === 'https'
  );
}

/** Whether a page of this server asks, or nobody's; undefined if the browser does not say so. */
function isOwnSite(c: Context<PagesEnv>): boolean | undefined {
  const site = c.req.header('sec-fetch-site');
  return site === undefined ? undefined : site === 'same-origin' || site === 'none';
}

/**
 * Whether another website makes a visitor's browser ask for this as a part of its own page, such as a picture, rather than with a
 * link that the visitor follows. It could not read the answer, but could ask for thousands, and see how long they take.
 */
function isPartOfAnother(c: Context<PagesEnv>): boolean {
  return isOwnSite(c) === false && c.req.header('sec-fetch-dest') !== 'document';
}

/** Whether a form is one of ours. Browsers say where it is from; other programs need not. */
function isOwnForm(c: Context<PagesEnv>): boolean {
  const isOwn = isOwnSite(c);
  if (isOwn !== undefined) return isOwn;
  const origin = c.req.header('origin');
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === new URL(c.req.url).host);
}

/** Where clients find what this request asks for. */
function placeOf({ env: { root, mount }, req }: Context<PagesEnv>): string {
  const { pathname, search } = new URL(req.url);
  return [root, ...pathname.split('/').slice(mount.split('/').length)].join('/') + search;
}

/** A place of the explorer; its first page if it is anywhere else. */
function placeWithin(root: string, to: string | undefined): string {
  const base = 'http://here';
  if (to === undefined || to.length > maxPlace || !URL.canParse(to, base)) return root;
  const { origin, pathname, search } = new URL(to, base);
  const isWithin = origin === base && (pathname === root || pathname.startsWith(`${root}/`));
  return isWithin && !/\/sign-(in|out)$/.test(pathname) ? pathname + search : root;
}

const slower: PageContent = {
  title: 'Too many requests',
  body: html`<p>Wait a moment, and load this page again.</p>`,
  status: 429,
};
const tooLong: PageContent = {
  title: 'This is no key',
  body: html`<p>What was sent is longer than any key, or ended too early.</p>`,
  status: 413,
};
const foreignForm: PageContent = {
  title: 'From another website',
  body: html`<p>This form was sent by a page that is not of this server.</p>`,
  status: 403,
};

const partOfAnother: PageContent = {
  title: 'Not within another website',
  body: html`<p>Another website asked for this page as a part of its own. Open it by its address, or by a link.</p>`,
  status: 403,
};

function otherHost(host: string): PageContent {
  return {
    title: 'Not by this name',
    body: html`<p>This server has no keys, and shows what customers bought only to those who reach it on its own machine:
by an address such as http://127.0.0.1 or http://localhost, and not by the name ${cut(host, 60)}. Otherwise any website could
give its name this address, and read along.</p>
<p>To see the pages from elsewhere, start the server with --keys, and sign in.</p>`,
    status: 403,
  };
}

function throughProxy(sign: string): PageContent {
  return {
    title: 'Not through a proxy',
    body: html`<p>This server has no keys, and shows what customers bought only to those who reach it on its own machine. This
request came through a proxy, as ${sign} says, and may be anybody’s.</p>
<p>To see the pages from elsewhere, start the server with --keys, and sign in.</p>`,
    status: 403,
  };
}
