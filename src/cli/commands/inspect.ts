import type { Command } from 'commander';
import { readOrders } from '../../dataset/read.ts';
import { interruptible } from '../interrupt.ts';
import { addJson } from '../options/options.ts';
import { addReadingOptions, readingOptions } from '../options/reading-options.ts';
import { summarize, summaryOf } from '../terminal/summary.ts';
import { print, printJson } from '../terminal/terminal.ts';

export function addInspect(program: Command): Command {
  const command = program
    .command('inspect <orders...>')
    .summary('show what is understood of orders, without training')
    .description(
      'Reads orders, trains nothing, and shows what is understood: the column of each role and why it was chosen, what was ' +
        'decided, and where every record went.',
    );
  addJson(command);
  addReadingOptions(command);
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap inspect orders.csv
  endcap inspect export.csv --columns customer="Cust No",product=#4 --json

--json prints account, columns (by role: column, index from 1, why, samples),
unusedColumns, customers, products, orders, units, firstPurchase, lastPurchase,
decisions (by name: value, why), and notes (code, text). Exits with 1 if no
purchase is left.`,
    )
    .action((orders: string[], values) =>
      interruptible(async (signal) => {
        const dataset = await readOrders(orders, { ...readingOptions(values), acceptLoss: true, signal });
        if (values.json) printJson(summaryOf(dataset));
        else print(...summarize(dataset));
      }),
    );
}
