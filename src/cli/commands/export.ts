import { type Command, Option } from 'commander';
import { exportModel } from '../../exchange/export/export.ts';
import { loadModel } from '../../model/file/file.ts';
import { interruptible } from '../interrupt.ts';
import { addJson, resultGroup } from '../options/options.ts';
import { count, note, print, printJson, progress, size, table } from '../terminal/terminal.ts';

export function addExport(program: Command): Command {
  const command = program
    .command('export <model>')
    .summary('write factors, ids, signals, and pairs as Parquet')
    .description(
      'Writes a model as tables that Spark, pandas, and DuckDB read: factors, ids, signals, and pairs as Parquet, and what ' +
        'they mean as JSON.',
    )
    .optionsGroup(resultGroup)
    .addOption(
      new Option(
        '-o, --output <folder>',
        'folder to write into, each file complete or not at all',
      ).makeOptionMandatory(),
    );
  return addJson(command)
    .addHelpText(
      'after',
      `
Example:
  endcap export model.safetensors -o export

Files:
  customers.parquet  id (a number), customer, features (list of float), orders
  products.parquet   id, product, name, category, price, features, listed, orders,
                     popularity, uptake, repeat_propensity, first_sold
  pairs.parquet      customer, product, quantity (0: returned in full), orders,
                     last_order, recency; endcap train --pairs reads it
  model.json         version, options, weights, and the rows of each table; it is
                     written last: if it is there, all files are of one model

id and features are what Spark's ALSModel calls so. Columns that the model knows
nothing of are left out.`,
    )
    .action((path: string, { output, json }) =>
      interruptible(async (signal) => {
        const model = await loadModel(path);
        const bar = progress('Exporting');
        const { files, bytes } = await exportModel(model, output, { signal, onProgress: (share) => bar.at(share, '') });
        bar.end();
        if (json) printJson({ folder: output, files, bytes, version: model.metadata.version });
        else {
          const lines = files.map((file) => [
            file.name,
            file.rows === undefined ? '' : count(file.rows),
            size(file.bytes),
          ]);
          print(...table(['file', 'rows', 'size'], lines, [1, 2]));
          note(`${output}: ${size(bytes)}`);
        }
      }),
    );
}
