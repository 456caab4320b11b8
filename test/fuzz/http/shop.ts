/** A small shop that answers, in this process and on a port. */
import { connect } from 'node:net';
import { join } from 'node:path';
import { createShop } from '../../../src/live/shop.ts';
import { createApp } from '../../../src/server/app.ts';
import { serve } from '../../../src/server/serve.ts';
import { train } from '../../../src/tuning/train.ts';
import { shopWithHistory } from '../../recommending/shop.ts';
import { folderOfCases } from '../folder.ts';

/** What the OpenAPI document says about the answers of each operation, by path, method, and status. */
interface Document {
  paths: Record<string, Record<string, { responses: Record<string, unknown> }> | undefined>;
}

/** A connection on which nothing comes for this long has said everything. */
const silentMs = 1500;

const dataset = shopWithHistory();

/** The ids that the shop knows. */
export const { customers, products } = dataset;

export type Shop = Awaited<ReturnType<typeof open>>;
let opened: ReturnType<typeof open> | undefined;

/** The shop, opened when the first case runs. */
export function openShop(): ReturnType<typeof open> {
  opened ??= open();
  return opened;
}

async function open() {
  // Every option that would be picked is given, which saves the search.
  const options = { factors: 8, iterations: 2, regularization: 8, unobservedWeight: 0.1, tasteDecay: 0.7, threads: 1 };
  const model = await train(dataset, { ...options, blend: {} });
  const shop = await createShop({ model, store: join(folderOfCases(), 'shop.db'), threads: 1 });
  const faults: unknown[] = [];
  const app = createApp({ shop, onError: (error) => faults.push(error) });
  const server = await serve({ app, port: 0, onError: (error) => faults.push(error) });
  const { paths } = (await (await app.request('/openapi.json')).json()) as Document;

  /** Sends bytes over a connection of their own, and returns what comes back. */
  async function send(bytes: Uint8Array): Promise<string> {
    const socket = connect(server.port, '127.0.0.1');
    const parts: Buffer[] = [];
    await new Promise<void>((resolve) => {
      socket.on('data', (part) => parts.push(part));
      // The server may have refused the rest of what is sent.
      socket.on('error', () => resolve());
      socket.on('close', () => resolve());
      socket.setTimeout(silentMs, () => socket.destroy());
      socket.end(bytes);
    });
    return Buffer.concat(parts).toString('latin1');
  }

  return { app, paths, send, url: server.url, faults };
}
