/** What takes longer than a page may, the first time. */
import { html } from 'hono/html';
import type { Markup } from '../../page/svg.ts';
import { afterThisTurn } from '../../turns.ts';

/** How long pages wait for it, in milliseconds. Then they are shown without it, and say so. */
const patienceMs = 20;
/** Turns of the event loop that it has at least: where the whole machine stands still, short work is none that takes long. */
const leastTurns = 4;

/** The result of a promise, or undefined if it is not there in time. Its work goes on, for the next page. */
export async function within<T>(promise: Promise<T>, ms = patienceMs): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    const wait = (turns: number): unknown =>
      turns === 0 ? resolve(undefined) : afterThisTurn(() => void wait(turns - 1));
    timer = setTimeout(wait, ms, leastTurns);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A part of a page that may not be ready. Until it is, the script of the page asks for it again.
 *
 * @param name of no other part of the page.
 */
export function later(name: string, isReady: boolean, part: Markup): Markup {
  return html`<div id="part-${name}"${!isReady && html` data-live="${name}"`}>${part}</div>`;
}
