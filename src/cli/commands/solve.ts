import type { Command } from 'commander';
import { solveBlocks } from '../../training/solve/solve.ts';
import { addKernelOptions, kernelOptions } from '../options/options.ts';
import { pour } from '../terminal/terminal.ts';

export function addSolve(program: Command): Command {
  const command = program
    .command('solve')
    .summary('solve blocks of customers for a training on a cluster')
    .description(
      'Does the arithmetic of a training that a cluster runs: requests on stdin, answers on stdout, in binary frames.',
    );
  addKernelOptions(command);
  return command
    .addHelpText(
      'after',
      `
A process serves one client until its stdin ends. It gets the factors of the
products once, then blocks of customers with their pairs, which it solves or
adds up. A frame that it cannot understand is answered with an error, and ends
it with exit code 1. The PySpark example in the repository, test/examples/spark,
is such a client.`,
    )
    .action(async (values, self: Command) => {
      if (process.stdin.isTTY) self.error('error: frames are binary and come from a program, not from a terminal');
      for await (const bytes of solveBlocks(process.stdin, kernelOptions(values))) await pour(bytes);
    });
}
