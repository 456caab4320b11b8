/** The server of the week: the real command, on a port of its own, which may be killed and started again. */
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { begun } from '../../cli/serving.ts';
import type { Seen } from './witness.ts';

export interface WeekServer {
  start(): Promise<void>;
  /** Sends a request until there is an answer: while the server is down, requests are sent again. */
  send<Answer>(method: string, path: string, body?: object): Promise<{ answer: Answer; seen: Seen }>;
  signal(signal: NodeJS.Signals): void;
  /** Ends it by a signal, and waits until it is gone. Requests wait from then on. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
  counts(): Counts;
}

interface Counts {
  requests: number;
  /** Answers that are no success, and connections that broke while the server was up. */
  failures: string[];
  /** Requests that a kill cut off, and that were sent again. */
  interrupted: number;
  /** Bytes. At rest is before the first customer comes. */
  rssAtRest: number;
  rssPeak: number;
  /** Milliseconds. */
  longestTurn: number;
}

/** Between two looks at the metrics, which forget the longest delay of the event loop when they are read. */
const lookMs = 1000;

export function createServer(args: string[], cwd: string, env: Record<string, string>): WeekServer {
  const counts: Counts = { requests: 0, failures: [], interrupted: 0, rssAtRest: 0, rssPeak: 0, longestTurn: 0 };
  let server: ReturnType<typeof begun> | undefined;
  let url = '';
  let [up, isUp] = waiting();

  async function look(): Promise<void> {
    const of = server;
    while (server === of) {
      const text = await fetch(`${url}/metrics`).then(
        (response) => response.text(),
        () => '',
      );
      const figure = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
      const rss = figure('process_resident_memory_bytes');
      counts.rssAtRest ||= rss;
      counts.rssPeak = Math.max(counts.rssPeak, rss);
      counts.longestTurn = Math.max(counts.longestTurn, 1000 * figure('nodejs_eventloop_lag_max_seconds'));
      await setTimeout(lookMs, undefined, { ref: false });
    }
  }

  return {
    async start() {
      server = begun(args, cwd, env);
      url = (await server.saying(/Serving on (\S+)/))[1];
      // The start itself keeps nobody waiting.
      await fetch(`${url}/metrics`).then((response) => response.text());
      isUp();
      void look();
    },
    async send<Answer>(method: string, path: string, body?: object) {
      for (;;) {
        await up;
        const of = server;
        const sent = performance.now();
        counts.requests++;
        try {
          const headers = { 'content-type': 'application/json' };
          const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
          const text = await response.text();
          const seen = { sent, got: performance.now() };
          if (response.status === 200) return { answer: JSON.parse(text) as Answer, seen };
          counts.failures.push(`${method} ${path}: ${response.status} ${text}`);
          throw new Error(counts.failures.at(-1));
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
          if (of === server) {
            counts.failures.push(`${method} ${path}: ${error.cause ?? error}`);
            throw error;
          }
          counts.interrupted++;
        }
      }
    },
    signal: (signal) => void server!.child.kill(signal),
    async stop(signal) {
      const { child, ran } = server!;
      server = undefined;
      [up, isUp] = waiting();
      child.kill(signal);
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      return (await ran).code;
    },
    counts: () => counts,
  };
}

/** A promise, and what fulfils it. */
function waiting(): [Promise<void>, () => void] {
  let fulfil = () => {};
  return [new Promise((resolve) => (fulfil = resolve)), fulfil];
}
