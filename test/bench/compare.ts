/**
 * `npm run bench:compare <before.json> <after.json>` compares two runs of `npm run bench` or `bench:peers`, figure by figure,
 * and exits with 1 if one is worse by more than 10 %. Figures of which neither direction is better are shown if they moved as
 * much.
 */
import { machineText } from './machine.ts';
import { table } from './measure.ts';
import { type Change, compared, type Figure, readResults } from './results.ts';

const paths = process.argv.slice(2);
if (paths.length !== 2) {
  console.error('usage: npm run bench:compare <before.json> <after.json>');
  process.exit(2);
}
try {
  const [before, after] = paths.map(readResults);
  const changes = compared(before, after);
  if (changes.length === 0) throw new Error('the two runs have no figure in common');
  for (const [i, { machine, versions }] of [before, after].entries())
    console.log(`${paths[i]}: ${machineText(machine)}; ${Object.entries(versions).flat().join(' ')}`);
  if (before.machine.cpu !== after.machine.cpu || before.machine.kernel !== after.machine.kernel)
    console.log('These are different machines or kernels.');
  process.exitCode = print(changes);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}

/** Returns the exit code. */
function print(changes: readonly Change[]): number {
  const moved = changes.filter(({ verdict }) => verdict !== 'same');
  const text = ({ value, unit }: Figure) => `${Number(value.toPrecision(4))} ${unit}`;
  const rows = moved.map(({ before, after, verdict }) => [
    before.name,
    text(before),
    text(after),
    `${(after.value / before.value).toFixed(2)} x`,
    verdict,
  ]);
  if (rows.length > 0) console.log(table(['figure', 'before', 'after', 'ratio', ''], rows));
  const worse = moved.filter(({ verdict }) => verdict === 'worse').length;
  console.log(
    `${changes.length} figures in both, ${moved.length} moved by more than 10 %, ${worse} of them for the worse`,
  );
  return worse > 0 ? 1 : 0;
}
