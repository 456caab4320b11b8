/** Commands that serve: what they print, and requests to them. */
import type { ChildProcess } from 'node:child_process';
import * as assert from 'uvu/assert';
import { endcap, picked, type Ran, start } from './run.ts';

/** Options of a training that takes little time. */
export const quick = ['--factors', '8', '--iterations', '2', ...picked];

/** The parts of the first curl command in a text. */
export function curlIn(text: string) {
  const found = /curl -s http:\/\/[\w.]+:\d+(\S+) -H 'content-type: (\S+)' \\\n +-d '(.*)'/.exec(text);
  assert.ok(found, text);
  const [, path, type, body] = found!;
  return { path, type, body };
}

/** Runs a serving command, calls `ask` once it serves, and ends it with a signal, SIGTERM by default. */
export async function serving(
  args: string[],
  options: { cwd: string; env?: Record<string, string> },
  ask: (url: string, stderr: string) => Promise<void>,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<Ran> {
  let asked: Promise<void> | undefined;
  const ran = await endcap(args, {
    ...options,
    onStderr: (text, child: ChildProcess) => {
      const [, url] = /Serving on (\S+) .*openapi\.json\n/s.exec(text) ?? [];
      if (url === undefined || asked) return;
      asked = ask(url, text).finally(() => child.kill(signal));
    },
  });
  assert.ok(asked, ran.stderr);
  await asked;
  return ran;
}

/** A serving command that goes on, and what it says. */
export function begun(args: string[], cwd: string, env?: Record<string, string>) {
  let seen = '';
  let wake = () => {};
  const onStderr = (text: string) => {
    seen = text;
    wake();
  };
  const { child, ran } = start(args, { cwd, env, onStderr });
  return {
    child,
    ran,
    said: () => seen,
    /** Waits until it says something. */
    async saying(pattern: RegExp): Promise<RegExpExecArray> {
      for (;;) {
        const found = pattern.exec(seen);
        if (found) return found;
        const ended = await Promise.race([new Promise<undefined>((resolve) => (wake = () => resolve(undefined))), ran]);
        if (ended) throw new Error(ended.stderr);
      }
    },
  };
}

/** Sends JSON, and returns that of the answer. */
export async function send(url: string, method: string, path: string, body?: object, key?: string) {
  const headers = { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) };
  const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  assert.is(response.status, 200, await response.clone().text());
  // biome-ignore lint/suspicious/noExplicitAny: answers of several shapes
  return (await response.json()) as any;
}
