/** The server of the week: the real command, on a port of its own, which may be killed and started again. */
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { begun } from '../../cli/serving.ts';
import { within } from './deadline.ts';
import type { Seen } from './witness.ts';

export interface WeekServer {
  start(): Promise<void>;
  /** Sends a request until there is an answer: while the server is down, requests are sent again. */
  send<Answer>(method: string, path: string, body?: object): Promise<{ answer: Answer; seen: Seen }>;
  signal(signal: NodeJS.Signals): void;
  /** Ends it by a signal, and waits until it is gone. Requests wait from then on. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
  /** Kills it, whatever it does. Requests fail from then on. */
  end(): void;
  /** The last lines that it wrote to stderr. */
  said(): string;
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
/** An answer, a start, and an end take less, however busy the machine is. */
const answerMs = 60_000;
const startMs = 60_000;
const endMs = 60_000;
const maxSaid = 2000;

export function createServer(args: string[], cwd: string, env: Record<string, string>): WeekServer {
  const counts: Counts = { requests: 0, failures: [], interrupted: 0, rssAtRest: 0, rssPeak: 0, longestTurn: 0 };
  let server: ReturnType<typeof begun> | undefined;
  let last: typeof server;
  let url = '';
  let [up, isUp] = waiting();
  let hasEnded = false;

  const said = () => last?.said().slice(-maxSaid) ?? '';
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(url + path, { ...init, signal: AbortSignal.timeout(answerMs) });
    return { status: response.status, text: await response.text() };
  };

  async function look(): Promise<void> {
    const of = server;
    while (server === of) {
      const { text } = await ask('/metrics').catch(() => ({ text: '' }));
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
      const started = begun(args, cwd, env);
      last = started;
      [, url] = await within(startMs, 'the server serves', started.saying(/Serving on (\S+)/), said);
      // The start itself keeps nobody waiting.
      await ask('/metrics');
      server = started;
      isUp();
      void look();
    },
    async send<Answer>(method: string, path: string, body?: object) {
      for (;;) {
        while (!server && !hasEnded) await within(startMs + endMs, 'the server is up again', up, said);
        const of = server;
        const sent = performance.now();
        counts.requests++;
        try {
          const headers = { 'content-type': 'application/json' };
          const { status, text } = await ask(path, { method, headers, body: body && JSON.stringify(body) });
          const seen = { sent, got: performance.now() };
          if (status === 200) return { answer: JSON.parse(text) as Answer, seen };
          throw new Error(`${status} ${text}`);
        } catch (error) {
          const { message, cause } = error as Error;
          if (of === server || hasEnded || !(error instanceof TypeError)) {
            counts.failures.push(`${method} ${path}: ${cause ?? message}`);
            throw new Error(counts.failures.at(-1), { cause });
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
      if (child.exitCode === null && child.signalCode === null)
        await within(endMs, `the server ends at ${signal}`, once(child, 'exit'), said);
      return (await within(endMs, 'the server is gone', ran, said)).code;
    },
    end() {
      hasEnded = true;
      server = undefined;
      last?.child.kill('SIGKILL');
      isUp();
    },
    said,
    counts: () => counts,
  };
}

/** A promise, and what fulfils it. */
function waiting(): [Promise<void>, () => void] {
  let fulfil = () => {};
  return [new Promise((resolve) => (fulfil = resolve)), fulfil];
}
