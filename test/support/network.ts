/** A network between a client and a server that a test can cut, or have lose everything. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Network {
  /** The address of a URL, through the proxy. */
  through(url: string): string;
  /**
   * From the first bytes of a client on that hold `text`, nothing passes in either direction, and nobody hears of it. Resolves
   * when it happens.
   */
  silenceAt(text: string): Promise<void>;
  /** Lets through what was held, and all that comes. */
  release(): void;
  /** What clients sent, by connection. */
  sent: Buffer[];
  close(): Promise<void>;
}

/** @param target the URL of the server. */
export async function startNetwork(target: string): Promise<Network> {
  const { hostname, port } = new URL(target);
  const sent: Buffer[] = [];
  const sockets = new Set<Socket>();
  let wanted: { text: string; found(): void } | undefined;
  let isSilent = false;
  let held: (() => void)[] = [];
  const pass = (send: () => void) => (isSilent ? held.push(send) : send());

  const server = createServer((client) => {
    const number = sent.push(Buffer.alloc(0)) - 1;
    const upstream = connect({ host: hostname, port: Number(port) });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ]) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (from === client) {
          sent[number] = Buffer.concat([sent[number], bytes]);
          if (wanted && bytes.includes(wanted.text)) {
            isSilent = true;
            wanted.found();
            wanted = undefined;
          }
        }
        pass(() => to.write(bytes));
      });
      from.on('error', () => to.destroy());
      from.on('close', () => pass(() => to.destroy()));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    through(url) {
      const other = new URL(url);
      other.hostname = '127.0.0.1';
      other.port = `${(server.address() as AddressInfo).port}`;
      return other.href;
    },
    silenceAt: (text) =>
      new Promise((found) => {
        wanted = { text, found };
      }),
    release() {
      isSilent = false;
      for (const send of held) send();
      held = [];
    },
    sent,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
