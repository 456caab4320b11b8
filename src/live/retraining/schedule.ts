import { invalidOption } from '../../options.ts';

/** When something is due. */
export interface Schedule {
  /** The first time after another one, both in milliseconds since 1970 UTC. */
  after(time: number): number;
}

/**
 * Reads the pattern of a schedule, as cron has them: minute, hour, day of the month, month, and day of the week.
 *
 * @param timeZone such as `Europe/Vienna`; that of this machine by default.
 * @throws `invalid_options`, also for one that never comes.
 *
 * @example
 * const { after } = await parseSchedule('0 3 * * *');
 * console.log(new Date(after(Date.now())));
 */
export async function parseSchedule(pattern: string, timeZone?: string): Promise<Schedule> {
  checkTimeZone(timeZone);
  const expected =
    "minute, hour, day, month, and day of the week as in crontab, such as '0 3 * * *' for every day at 3:00";
  if (typeof pattern !== 'string') throw invalidOption('schedule', pattern, expected);
  const { Cron } = await import('croner');
  let cron: InstanceType<typeof Cron>;
  try {
    cron = new Cron(pattern, { paused: true, mode: '5-part', ...(timeZone !== undefined && { timezone: timeZone }) });
  } catch {
    throw invalidOption('schedule', pattern, expected);
  }
  const next = (time: number) => cron.nextRun(new Date(time))?.getTime();
  if (next(Date.now()) === undefined) throw invalidOption('schedule', pattern, `a time that comes, by ${expected}`);
  return { after: (time) => next(time) ?? Number.POSITIVE_INFINITY };
}

/** @throws `invalid_options` */
function checkTimeZone(timeZone: unknown): void {
  if (timeZone === undefined) return;
  try {
    new Intl.DateTimeFormat('en', { timeZone: timeZone as string });
    if (typeof timeZone === 'string') return;
  } catch {}
  throw invalidOption('timeZone', timeZone, "the name of a time zone, such as 'Europe/Vienna' or 'UTC'");
}

/** What a schedule needs of the world. */
export interface Clock {
  now(): number;
  /** Calls back after so many milliseconds; returns what ends that. The process does not wait for it. */
  later(call: () => void, ms: number): () => void;
}

const systemClock: Clock = {
  now: Date.now,
  later(call, ms) {
    const timer = setTimeout(call, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** How often the clock is looked at: it may be set, and a machine may sleep. */
const lookMs = 60_000;
/** A clock that goes back by less is corrected; what was due meanwhile has been done, and is not done again. */
const correctionMs = 3_600_000;

/**
 * Calls `due` whenever a schedule says so. What is missed while the machine sleeps, or the clock is set forward, is made up for
 * once. A clock that is set back by an hour or more begins anew from there.
 *
 * @returns `next`, when it is due next, in milliseconds since 1970 UTC, and `end`.
 */
export function follow(schedule: Schedule, due: () => void, clock: Clock = systemClock) {
  let latest = clock.now();
  let next = schedule.after(latest);
  let stop = () => {};

  function look(): void {
    const now = clock.now();
    if (latest - now >= correctionMs) {
      latest = now;
      next = schedule.after(now);
    }
    latest = Math.max(latest, now);
    if (now >= next) {
      next = schedule.after(now);
      due();
    }
    wait(now);
  }

  function wait(now: number): void {
    stop = clock.later(look, Math.min(lookMs, Math.max(0, next - now)));
  }

  wait(latest);
  return { next: () => next, end: () => stop() };
}
