/** Pages of the explorer as their readers see them. */
import { createShop } from '../../../../src/live/shop.ts';
import type { Model } from '../../../../src/model/model.ts';
import { createRecommender } from '../../../../src/recommending/create.ts';
import { createApp } from '../../../../src/server/app.ts';

export interface ReadPage {
  readonly status: number;
  readonly html: string;
  /** Without tags, and with single blanks. */
  readonly text: string;
  /** The addresses of its links. */
  readonly links: readonly string[];
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const unescaped = (text: string) => text.replace(/&(\w+|#39);/g, (all, name) => entities[name] ?? all);

/** The pages of a model, for a shop over it, or for a bare recommender. */
export async function openPages(model: Model, { isShop = true } = {}) {
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const shop = isShop ? await createShop({ model, threads: 1 }) : undefined;
  const recommender = shop ? undefined : await createRecommender(model, { threads: 1 });
  const app = createApp({ ...(shop ? { shop } : { recommender }), explorer: true, onError });

  async function read(path: string): Promise<ReadPage> {
    const response = await app.request(`/explorer${path}`);
    const html = await response.text();
    const text = unescaped(html.replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ');
    return {
      status: response.status,
      html,
      text,
      links: [...html.matchAll(/ href="([^"]*)"/g)].map(([, to]) => unescaped(to)),
    };
  }

  return {
    ...{ errors, read, answering: (shop ?? recommender)!, shop: shop! },
    close: async () => void (await (shop ?? recommender)?.close()),
  };
}
