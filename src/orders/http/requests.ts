/** Requests for a file that end in a bounded time, and are made again if what went wrong may pass. */
import { setTimeout as wait } from 'node:timers/promises';
import { EndcapError, throwIfAborted, unreadable, whenAborted } from '../../errors.ts';
import { type Chunks, joined } from '../sources/chunks.ts';
import { decoded } from './address.ts';

/** Milliseconds without a byte after which a request has failed, by default. */
const defaultIdleTimeoutMs = 60_000;
/** A request is made so many times, unless one brings a byte. */
const tries = 5;
const defaultFirstWaitMs = 200;
/** Bytes that are read of an answer that says what is wrong. */
const maxProblem = 4096;
/** Answers of servers that may do better the next time. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);
/**
 * Connections that the server closed. Those of earlier requests are used again, and one that is closed while this thread is busy
 * shows it only to the request that is made on it.
 */
const dropped: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

export interface Fetching {
  readonly signal?: AbortSignal;
  readonly idleTimeoutMs?: number;
  /** Milliseconds before a request is made the second time, 200 by default; each further wait is four times as long. */
  readonly firstWaitMs?: number;
}

/** What went wrong may pass. The cause is absent if there was an answer, and else what became of the request. */
export class Interrupted extends Error {}

interface Persistence {
  /** Nothing has worked before: where nobody answers at all, nobody is asked again. */
  readonly isFirst?: boolean;
  /** Bytes come from the first one only: once some are there, nothing can go on. */
  readonly isWhole?: boolean;
}

/** Requests to an address. No message has more of it than its `name`. */
export function createRequests(address: URL, name: string, fetching: Fetching) {
  const { signal, idleTimeoutMs = defaultIdleTimeoutMs, firstWaitMs = defaultFirstWaitMs } = fetching;
  const url = new URL(address);
  // Without packing, since parts of packed bytes cannot be unpacked.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (url.username || url.password) {
    const user = [url.username, url.password].map((part) => decoded(part) ?? part).join(':');
    headers.authorization = `Basic ${Buffer.from(user).toString('base64')}`;
    url.username = '';
    url.password = '';
  }

  return {
    /**
     * The bytes of one answer.
     *
     * @param take looks at the answer, and says whether its bytes are wanted.
     * @param own ends this request.
     * @throws `Interrupted` if it does not come, or not to its end; what `take` throws; `aborted`.
     */
    async *ask(
      extra: Record<string, string>,
      take: (response: Response) => Promise<boolean>,
      own?: AbortSignal,
    ): Chunks {
      const ending = new AbortController();
      const end = () => ending.abort();
      const signals = [signal, own].filter((one) => one !== undefined);
      for (const one of signals) throwIfAborted(one);
      const forgets = signals.map((one) => whenAborted(one, end));
      let timer = setTimeout(end, idleTimeoutMs);
      try {
        const response = await fetch(url, { headers: { ...headers, ...extra }, signal: ending.signal });
        if (url.protocol === 'https:' && !response.url.startsWith('https:'))
          throw unreadable(name, 'is redirected to an address without encryption');
        timer.refresh();
        if (!(await take(response)) || response.body === null) return;
        for await (const chunk of response.body) {
          // Whoever takes the bytes may take longer than the server.
          clearTimeout(timer);
          yield chunk;
          timer = setTimeout(end, idleTimeoutMs);
        }
      } catch (error) {
        for (const one of signals) throwIfAborted(one);
        if (error instanceof EndcapError || error instanceof Interrupted) throw error;
        const why = ending.signal.aborted ? `nothing has come for ${idleTimeoutMs} ms` : reasonOf(error);
        throw new Interrupted(why, { cause: error });
      } finally {
        clearTimeout(timer);
        for (const forget of forgets) forget();
        end();
      }
    },

    /**
     * Bytes that go on where they were interrupted.
     *
     * @param from the bytes after so many of them.
     * @throws `orders_unreadable` if nothing comes however often it is asked for.
     */
    async *persistently(from: (done: number) => Chunks, { isFirst, isWhole }: Persistence = {}): Chunks {
      let done = 0;
      for (let failures = 0; ; ) {
        try {
          for await (const chunk of from(done)) {
            failures = 0;
            done += chunk.length;
            yield chunk;
          }
          return;
        } catch (error) {
          if (!(error instanceof Interrupted)) throw error;
          if (isWhole && done > 0) throw unreadable(name, `cannot be read to its end: ${error.message}`);
          const isUnanswered = error.cause !== undefined && !dropped.has(codeOf(error.cause));
          if (++failures === tries || (isFirst && isUnanswered))
            throw unreadable(name, `cannot be read: ${error.message}`);
          await wait(firstWaitMs * 4 ** (failures - 1), undefined, { signal }).catch(() => throwIfAborted(signal));
        }
      }
    },

    /** Says what is wrong with an answer. @throws always. */
    async refuse(response: Response): Promise<never> {
      const { status } = response;
      if (passing.has(status)) throw new Interrupted(`the server answers ${status}`);
      throw unreadable(name, await problemOf(response));
    },
  };
}

/** Why there is no answer. What the system says may repeat the address. */
function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its host is not known';
  if (code === 'ECONNREFUSED') return 'nothing listens at its host and port';
  if (dropped.has(code)) return 'the server closed the connection';
  return code === undefined ? 'the server does not answer as HTTP servers do' : `the request failed with ${code}`;
}

/** The system's code, or that of Node's client; undefined if the error and its causes have none. */
function codeOf(error: unknown): string | undefined {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause === undefined ? undefined : codeOf(cause);
}

/** What an answer says is wrong. Its text may repeat the address, as those of object stores do; their codes do not. */
async function problemOf(response: Response): Promise<string> {
  const { status } = response;
  const text = await beginningOf(response);
  const [, code] = /<Code>(\w{1,60})<\/Code>/.exec(text) ?? [];
  const answer = `the server answers ${status}${code === undefined ? '' : ` (${code})`}`;
  if (status === 404 || status === 410) return `does not exist: ${answer}; check the address`;
  if (/expired|not valid in the specified time/i.test(text))
    return `cannot be read any more: ${answer}, since the address has expired; sign a new one`;
  if (status === 401 || status === 403)
    return `may not be read: ${answer}; check the signature or the password in the address, and whether it has expired`;
  return `cannot be read: ${answer}`;
}

async function beginningOf({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    parts.push(chunk);
    length += chunk.length;
    if (length > maxProblem) break;
  }
  return Buffer.from(joined(parts)).toString('latin1', 0, maxProblem);
}
