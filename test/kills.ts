/**
 * `npm run test:kills [-- <word>... <kills of each> <seed>]`: kills every command that writes a file, and every kind of
 * running shop, at random moments with kill -9, 100 times each by default; a word picks those with it in their name. Prints
 * what was found; the exit code is 1 if anything was wrong. A few kills of each are part of `npm test`.
 *
 * - Commands (`cli/kills.ts`): half of the kills while they write. The file is the whole old one or the whole new one, and the
 *   next run succeeds and leaves nothing else in the folder.
 * - Shops (`live/kills/`): under load, and while they start. What was acknowledged is there once, the rest whole or not at
 *   all, and lists are those of a shop that was never killed.
 * - Retraining (`live/kills/retraining.ts`): the process that trains, or the one that waits for it, in every stage. The model is the
 *   one before or a whole new one, the store is as it was, and the next run succeeds and leaves nothing else in the folder.
 */
import { rm } from 'node:fs/promises';
import { createRandom } from '../src/random.ts';
import { kill, openShop, writers } from './cli/kills.ts';
import { type KillOptions, killShops } from './live/kills/kills.ts';
import { killRetraining } from './live/kills/retraining.ts';
import { startOwnPostgres } from './support/postgres.ts';

const isNumber = (word: string) => /^\d+$/.test(word);
const [kills = 100, seed = 1] = process.argv.slice(2).filter(isNumber).map(Number);
const words = process.argv.slice(2).filter((word) => !isNumber(word));
const isPicked = (name: string) => words.length === 0 || words.some((word) => name.includes(word));

const started = performance.now();
let faults = 0;
console.log(`seed ${seed}, Node ${process.versions.node}`);

function report(
  name: string,
  { faults: found, ...counts }: { faults: string[] } & Record<string, number | string[] | Record<string, number>>,
): void {
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  const text = Object.entries(counts).map(
    ([what, count]) => `${what} ${typeof count === 'object' ? JSON.stringify(count) : count}`,
  );
  console.log(`${name.padEnd(24)} ${text.join(', ')}, faults ${found.length}, after ${minutes} minutes`);
  for (const fault of found) console.log(`  ${fault}`);
  faults += found.length;
}

const commands = Object.entries(writers).filter(([name]) => isPicked(name));
if (commands.length > 0) {
  const shop = await openShop();
  const random = createRandom(seed);
  for (const [name, writer] of commands)
    report(name, { ...(await kill(shop, writer, { kills, random, nextAfterEach: true })) });
  await rm(shop.cwd, { recursive: true });
}

const overPostgres: Record<string, Pick<KillOptions, 'victim' | 'servers'>> = {
  'shop over Postgres': {},
  'two shops over Postgres': { servers: 2 },
  'Postgres under a shop': { victim: 'database' },
};
const kinds = ['shop over SQLite', ...Object.keys(overPostgres)].filter(isPicked);
const postgres = kinds.some((kind) => kind in overPostgres) ? await startOwnPostgres() : undefined;
for (const kind of kinds) {
  const random = createRandom(seed);
  if (!(kind in overPostgres)) report(kind, { ...(await killShops({ kills, random })) });
  else if (typeof postgres === 'string') console.log(`skipped: ${kind} because ${postgres}`);
  else report(kind, { ...(await killShops({ kills, random, postgres, ...overPostgres[kind] })) });
}
if (typeof postgres === 'object') await postgres.stop();
const retraining = ['retraining'].filter(isPicked);
for (const name of retraining) report(name, { ...(await killRetraining({ kills, random: createRandom(seed) })) });
if (commands.length + kinds.length + retraining.length === 0)
  console.log(`nothing has ${words.join(' or ')} in its name`);
process.exitCode = faults > 0 || commands.length + kinds.length + retraining.length === 0 ? 1 : 0;
