/**
 * Runs cases for a campaign: `node child.ts <target> <seed>`, with ranges of cases as messages. It reports on file 3, one
 * line each, written before anything else happens: `>` a case begins, `=` it ended as it should, `!` it did not,
 * `.` the range is done.
 */
import { writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { randomOf, targetNamed } from './target.ts';

export interface Range {
  from: number;
  /** The case after the last one. */
  to: number;
}

/** What a case did wrong. `fatal` if the process cannot go on. */
export interface Problem {
  text: string;
  fatal?: boolean;
}

const [, , name, seed] = process.argv;
const ranges: Range[] = [];
let isBusy = false;

for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error) => {
    report('!', { text: `${event}: ${textOf(error)}`, fatal: true } satisfies Problem);
    process.exit(70);
  });
}
// Ctrl-C reaches the whole group of processes; the parent ends this one.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));
process.on('message', (range: Range | 'end') => {
  if (range === 'end') process.exit(0);
  ranges.push(range);
  if (!isBusy) void work();
});

const target = await targetNamed(name).load();
// The first message may come at once.
process.send?.('ready');

async function work(): Promise<void> {
  isBusy = true;
  for (let range = ranges.shift(); range !== undefined; range = ranges.shift()) {
    for (let number = range.from; number < range.to; number++) await runCase(number);
    report('.');
  }
  isBusy = false;
}

async function runCase(number: number): Promise<void> {
  report('>', number);
  try {
    const outcome = await target.run(await target.make(randomOf({ target: name, seed: Number(seed), number })));
    // Rejections that nobody handles come up in the next turn.
    await setImmediate();
    report('=', outcome);
  } catch (error) {
    report('!', { text: textOf(error) } satisfies Problem);
  }
}

function report(sign: string, content?: unknown): void {
  writeSync(3, `${sign}${content === undefined ? '' : JSON.stringify(content)}\n`);
}

function textOf(error: unknown): string {
  return error instanceof Error ? inspect(error, { depth: 3 }) : `thrown: ${inspect(error)}`;
}
