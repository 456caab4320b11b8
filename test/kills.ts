/**
 * `npm run test:kills [-- <kills of each command> [<seed>]]`: kills every command that writes a file at random moments,
 * half of them while it writes, with kill -9. Checks after each kill that the file is the whole old one or the whole new
 * one, and that the next run succeeds and leaves nothing else in the folder. Prints what was found; the exit code is 1 if
 * anything was wrong. A few kills of each are part of `npm test` (cli/kills.test.ts).
 */
import { rm } from 'node:fs/promises';
import { createRandom } from '../src/random.ts';
import { kill, openShop, writers } from './cli/kills.ts';

const [kills, seed] = [Number(process.argv[2] ?? 100), Number(process.argv[3] ?? 1)];
const started = performance.now();
const random = createRandom(seed);
const shop = await openShop();
let faults = 0;
for (const [name, writer] of Object.entries(writers)) {
  const tally = await kill(shop, writer, { kills, random, nextAfterEach: true });
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  console.log(
    `${name.padEnd(18)} ${tally.kills} kills: old ${tally.old}, new ${tally.new}, in the middle of writing ` +
      `${tally.halves}, faults ${tally.faults.length}, after ${minutes} minutes`,
  );
  for (const fault of tally.faults) console.log(`  ${fault}`);
  faults += tally.faults.length;
}
await rm(shop.cwd, { recursive: true });
process.exitCode = faults > 0 ? 1 : 0;
