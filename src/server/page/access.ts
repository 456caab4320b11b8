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
import type { Answer, PageContent, PagesEnv } from './pages.ts';
import { signInForm } from './sign-in.ts';

const cookie = 'endcap_session';

/** Characters of a place to go to after signing in; that of a page about a long id in emoji. */
const maxPlace = 4000;
/** A key, and a place, of which a form may write each character as three. */
const maxBodyBytes = 3 * maxPlace + 1000;

export function addAccess(app: Hono<PagesEnv>, callers: Callers, answer: Answer): void {
  const { keys, recordOf, waitOf } = callers;
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
      const { listensOn } = (c.env.outer.env ?? {}) as { listensOn?: string };
      const proxy = proxyHeaders.find((name) => c.req.header(name) !== undefined);
      if (proxy !== undefined) return answer(c, throughProxy(proxy));
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
      return c.redirect(`${c.env.root}/sign-in?to=${encodeURIComponent(placeOf(c))}`, 303);
    }
    const refused = tooMany(c, record.id);
    if (refused) return refused;
    c.env.outer.set('key', record.id);
    c.set('signedIn', record.id);
    return next();
  });
}

/** What proxies add. Whoever comes through one may be anybody. */
const proxyHeaders = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'];

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

/** Whether a form is one of ours. Browsers say where it is from; other programs need not. */
function isOwnForm(c: Context<PagesEnv>): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin' || site === 'none';
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

function throughProxy(header: string): PageContent {
  return {
    title: 'Not through a proxy',
    body: html`<p>This server has no keys, and shows what customers bought only to those who reach it on its own machine. This
request came through a proxy, as its header ${header} says, and may be anybody’s.</p>
<p>To see the pages from elsewhere, start the server with --keys, and sign in.</p>`,
    status: 403,
  };
}
