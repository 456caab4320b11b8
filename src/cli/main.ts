#!/usr/bin/env node
/** The entry point of the command line, which reads no more code than what it is asked for needs. */
import { version } from '../version.ts';

// A reader of the output may stop early, as head does; then there is nothing left to do.
process.stdout.on('error', async (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  const [{ whyNot }, { complain }] = await Promise.all([import('../files.ts'), import('./terminal/terminal.ts')]);
  complain(`error: cannot write to stdout: ${whyNot(error)}`);
  process.exit(1);
});
// Notes and progress are not worth stopping for: the command goes on if nobody can read them.
process.stderr.on('error', () => {});

const [first = ''] = process.argv.slice(2);
if (['-V', '--version'].includes(first)) process.stdout.write(`${version}\n`);
else await import('./run.ts');
