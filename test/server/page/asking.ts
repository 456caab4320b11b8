/** Requests for pages of an app over a recommender that answers without a model. */
import { type AppOptions, createApp } from '../../../src/server/app.ts';
import { fakeRecommender } from '../fake.ts';
import { unexpected } from '../posting.ts';

type Fetch = (path: string, init?: RequestInit) => Response | Promise<Response>;

/** An answer, and its text. */
export async function read(answering: Response | Promise<Response>) {
  const answer = await answering;
  const { status, headers } = answer;
  return { status, headers, text: await answer.text(), header: (name: string) => headers.get(name) };
}

/** What people read of a page, on one line; not what is drawn. What is escaped stays so, but for quotes. */
export function plainText(page: string): string {
  return page
    .replace(/^.*<main/s, '<main')
    .replace(/<(script|style|svg)\b[^>]*>.*?<\/\1>/gs, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replace(/\s+/g, ' ');
}

export function asking(options: Partial<AppOptions> = {}, fetch?: Fetch) {
  const app = createApp({ recommender: fakeRecommender(), explorer: true, onError: unexpected, ...options });
  const request = fetch ?? ((path, init) => app.request(path, init));
  return {
    app,
    get: (path: string, headers: Record<string, string> = {}) => read(request(path, { headers })),
    send: (method: string, path: string, headers: Record<string, string> = {}) =>
      read(request(path, { method, headers })),
    post: (path: string, fields: Record<string, string> | string, headers: Record<string, string> = {}) =>
      read(
        request(path, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
          body: typeof fields === 'string' ? fields : new URLSearchParams(fields).toString(),
        }),
      ),
  };
}
