/** The options of commands that read orders. */
import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ColumnMap } from '../../orders/columns/roles.ts';
import { columnsFromText } from '../../orders/columns/text.ts';
import { encodings, type Join, type ReadOptions, readOptionNames } from '../../orders/options.ts';
import { timeUnits } from '../../orders/times/calendar.ts';
import { ids } from '../ids.ts';
import { number, type Values } from './options.ts';

export const readingGroup = 'Reading the orders:';

export function addReadingOptions(command: Command): Command {
  const delimiters: Record<string, string> = { '\\t': '\t', tab: '\t' };
  return command
    .optionsGroup(readingGroup)
    .addOption(
      new Option(
        '--columns <map>',
        'which column holds what, such as customer="Cust No",product=#3 for the third one; roles are customer, product, ' +
          'quantity, order, time, clock, price, name, category, refunded, status, and sequence; quantity=1 counts every ' +
          'row as one',
      )
        .argParser(columns)
        .default(undefined, 'the usual names'),
    )
    .addOption(
      new Option('--header-line <n>', 'line of the column names, counted from 1, blank ones too')
        .argParser(number)
        .default(undefined, 'detected'),
    )
    .addOption(new Option('--no-header', 'the file has no line of column names: columns are #1, #2, ...'))
    .addOption(
      new Option('--delimiter <char>', 'character between cells; tab for a tab')
        .argParser((text) => delimiters[text] ?? text)
        .default(undefined, 'detected in the header'),
    )
    .addOption(new Option('--encoding <name>', 'text encoding').choices(['auto', ...encodings]).default('auto'))
    .addOption(
      new Option('--date-order <order>', 'how to read 3/4/2025: mdy is March 4, dmy is April 3')
        .choices(['auto', 'mdy', 'dmy'])
        .default('auto'),
    )
    .addOption(
      new Option('--decimal <mark>', 'how to read 2,000: with a comma before the decimals it is 2, with a point 2000')
        .choices(['auto', 'comma', 'point'])
        .default('auto'),
    )
    .addOption(
      new Option('--time-unit <unit>', 'what a number counts that stands for a time; days are those of spreadsheets')
        .choices(['auto', ...timeUnits])
        .default('auto'),
    )
    .addOption(
      new Option('--duplicates <mode>', 'what to do with rows that are equal in every cell')
        .choices(['keep', 'drop'])
        .default('keep'),
    )
    .addOption(
      new Option(
        '--where <condition>',
        'only records that meet it count, such as "Status=completed,processing"; repeatable',
      )
        .argParser((text, before: string[] = []) => [...before, text])
        .default(undefined, 'all but those that are plainly no purchases'),
    )
    .addOption(
      new Option(
        '--join <file>',
        'add the columns of another file by an id that both have; repeatable; "orders.csv on order_id" names the id',
      ).argParser((text, before: Join[] = []) => [...before, joinFromText(text)]),
    )
    .option('--table <name>', 'of a database: the table of the orders, such as orders or shop.orders')
    .option('--query <sql>', 'of a database: the query whose rows are the orders, such as "select * from orders"')
    .option(
      '--since <column>',
      'of a database beside files: read only rows whose time in this column is not before the last orders in the files',
    )
    .addOption(
      new Option('--customers-out <ids>', 'customers to leave out, such as 0000,guest, or @ids.txt; repeatable')
        .argParser(ids)
        .default(undefined, 'none'),
    )
    .addOption(
      new Option('--products-out <ids>', 'products that no list holds, such as BAG,SHIP*, or @ids.txt; repeatable')
        .argParser(ids)
        .default(undefined, 'those that are plainly none, such as postage'),
    )
    .addOption(
      new Option('--products-in <ids>', 'products that lists may hold all the same; repeatable')
        .argParser(ids)
        .default(undefined, 'none'),
    )
    .addOption(
      new Option(
        '--accept-loss',
        'go on even if fewer than half of the rows that should be purchases are kept, or, in retraining, if orders are not those of before and more',
      ),
    )
    .addOption(
      new Option(
        '--no-history',
        'add orders up as they are read, in memory that does not grow with order lines: for more of them than fit',
      ),
    )
    .addOption(
      new Option('--format <name>', 'file format')
        .choices(['auto', 'csv', 'tsv', 'json', 'jsonl', 'parquet'])
        .default('auto'),
    );
}

function columns(text: string): ColumnMap {
  try {
    return columnsFromText(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message.replace(/^columns: /, ''));
  }
}

function joinFromText(text: string): Join {
  const [, file = text, on] = /^(.+) on ([^/\\]+)$/.exec(text) ?? [];
  return on === undefined || existsSync(text) ? { file: text } : { file, on };
}

/** The files that the values name besides the orders. */
export function joinedFiles({ join = [] }: Values): string[] {
  return (join as Join[]).map(({ file }) => String(file));
}

export function readingOptions(values: Values): ReadOptions {
  return Object.fromEntries(readOptionNames.map((name) => [name, values[name]]));
}
