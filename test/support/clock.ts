/** A clock that a test sets, for the processes that it starts. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Long enough that every process has looked at the clock. */
const seenMs = 10;

export interface Clock {
  /** What processes need to go by it. */
  readonly env: Record<string, string>;
  now(): number;
  /** Sets it to a moment, from which on it goes as fast as any other. Processes have heard of it then. */
  set(time: number): Promise<void>;
}

/** @param folder where a file says what time it is. */
export function createClock(folder: string): Clock {
  const file = join(folder, 'clock');
  let ahead = 0;
  const write = () => {
    writeFileSync(`${file}.next`, String(ahead));
    renameSync(`${file}.next`, file);
  };
  write();
  return {
    env: { SHOP_CLOCK: file, NODE_OPTIONS: `--import ${new URL('clock.mjs', import.meta.url).href}` },
    now: () => Date.now() + ahead,
    async set(time) {
      ahead = Math.round(time - Date.now());
      write();
      await setTimeout(seenMs);
    },
  };
}
