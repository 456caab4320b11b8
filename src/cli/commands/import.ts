import { type Command, Option } from 'commander';
import { throwIfAborted } from '../../errors.ts';
import { type ImportOptions, importModel } from '../../exchange/import/import.ts';
import { describeImported } from '../../exchange/import/notes.ts';
import { saveModel } from '../../model/file/file.ts';
import { confidences } from '../../training/confidence.ts';
import { describePicked } from '../../tuning/describe.ts';
import { endcap, exampleCommand, shellWord } from '../hints.ts';
import { interruptible } from '../interrupt.ts';
import { kernelName } from '../kernels.ts';
import { addJson, addKernelOptions, kernelOptions, number, resultGroup } from '../options/options.ts';
import { addReadingOptions, joinedFiles, readingOptions } from '../options/reading-options.ts';
import { weights } from '../options/training-options.ts';
import { checkOutput } from '../output.ts';
import { contents } from '../terminal/model-words.ts';
import { duration, facts, note, print, printJson, size } from '../terminal/terminal.ts';
import { readWithProgress } from '../training.ts';

export function addImport(program: Command): Command {
  const command = program
    .command('import')
    .summary("make a model of factors from Spark's ALS, implicit, or CSV")
    .description(
      'Makes a model of factors that another system trained: its lists by taste alone are those of that system. With orders, ' +
        'it also has habits, trends, and filters, and learns their weights on held-out orders.',
    )
    .optionsGroup('Factors:')
    .addOption(
      new Option('--from <system>', 'the system that trained them')
        .choices(['spark', 'implicit', 'csv', 'endcap'])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--customers <path>',
        'their factors: a folder of Parquet parts (userFactors), .npz or .npy of implicit, or .csv',
      ).makeOptionMandatory(),
    )
    .addOption(
      new Option('--products <path>', 'the same for products (itemFactors)').default(
        undefined,
        'the .npz of customers',
      ),
    )
    .addOption(
      new Option(
        '--ids <folder>',
        'holds customers and products, each Parquet or .csv with two columns: id, and the id of the orders',
      ).default(undefined, 'ids are those of the orders'),
    )
    .option('--customer-ids <path>', 'the same for customers, by itself')
    .option('--product-ids <path>', 'the same for products, by itself')
    .option('--orders <path>', 'orders of the shop; repeatable', (path: string, before: string[] = []) => [
      ...before,
      path,
    ])
    .optionsGroup('How they were trained:')
    .addOption(
      new Option('--alpha <x>', 'weight of a rating').argParser(number).default(undefined, '1, or as the .npz says'),
    )
    .addOption(
      new Option('--regularization <x>', 'called regParam by Spark')
        .argParser(number)
        .default(undefined, 'spark 0.1, implicit 0.01, or as the .npz says'),
    )
    .addOption(
      new Option('--confidence <what>', 'what the ratings were')
        .choices([...confidences])
        .default(undefined, 'what agrees best with the factors'),
    )
    .option('--explicit', 'Spark was told implicitPrefs=False')
    .addOption(
      new Option('--convention <system>', 'whose rules customers of CSV are folded in by')
        .choices(['spark', 'implicit'])
        .default(undefined, 'spark'),
    )
    .optionsGroup('Ranking:')
    .addOption(
      new Option('--blend <weights>', 'weights of the score, such as taste=2,habit=4,trend=0.1')
        .argParser(weights)
        .default(undefined, 'learned on held-out orders'),
    )
    .addOption(
      new Option('--decay <x>', 'weight of an order relative to the one after it')
        .argParser(number)
        .default(undefined, '0.9'),
    )
    .option('--fast', 'take the usual weights instead of learning them')
    .optionsGroup(resultGroup)
    .option('-o, --output <file>', 'model file to write, complete or not at all', 'model.safetensors');
  addJson(command);
  addKernelOptions(addReadingOptions(command));
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap import --from spark --customers userFactors/ --products itemFactors/ \\
    --ids ids/ --orders orders/ --alpha 10 --regularization 0.05
  endcap import --from implicit --customers als.npz --ids ids/ --orders orders.csv
  endcap import --from csv --customers customers.csv --products products.csv

Next: endcap recommend model.safetensors <customer>
      endcap info model.safetensors`,
    )
    .action((values) =>
      interruptible(async (signal) => {
        const { output, orders, customers, products, ids, customerIds, productIds } = values;
        await checkOutput(output, [
          customers,
          products,
          ids,
          customerIds,
          productIds,
          ...(orders ?? []),
          ...joinedFiles(values),
        ]);
        const reading = { ...readingOptions(values), signal };
        const dataset = orders && (await readWithProgress(orders, reading));
        note(`Importing factors from ${values.from}`);
        const started = performance.now();
        const { model, notes } = await importModel({
          ...importOptions(values),
          ...(dataset && { orders: dataset }),
          signal,
        });
        throwIfAborted(signal);
        const importMs = performance.now() - started;
        const { bytes } = await saveModel(model, output, { signal });
        const { metadata, factors } = model;
        note(...notes.map(({ text }) => `Note: ${text}.`));
        if (values.json)
          printJson({
            factors,
            customers: model.customers.length,
            products: model.products.length,
            pairs: model.purchases.products.length,
            imported: metadata.imported,
            options: metadata.options,
            foldIn: metadata.foldIn,
            ranking: metadata.ranking,
            notes: [...(dataset?.notes ?? []), ...notes],
            sizes: { modelBytes: bytes },
            times: { importMs },
            kernel: metadata.kernel,
            version: metadata.version,
            model: output,
          });
        else
          print(
            ...facts([
              ['model', `${output}, ${size(bytes)}, version ${metadata.version}`],
              ['imported', describeImported(metadata)],
              ['picked', describePicked(metadata)],
              ['data', contents(model)],
              ['kernel', kernelName(metadata.kernel)],
              ['time', duration(importMs)],
            ]),
          );
        note('', `Next: ${exampleCommand(output, model)}`, `      ${endcap} serve ${shellWord(output)}`);
      }),
    );
}

/** What the library takes; it checks the values. */
function importOptions(values: Record<string, unknown>): ImportOptions {
  const names = ['from', 'customers', 'products', 'ids', 'customerIds', 'productIds', 'alpha', 'regularization'];
  const more = ['confidence', 'explicit', 'convention', 'blend', 'decay', 'fast', 'acceptLoss'];
  const given = [...names, ...more].filter((name) => values[name] !== undefined);
  return {
    ...Object.fromEntries(given.map((name) => [name, values[name]])),
    ...kernelOptions(values),
  } as unknown as ImportOptions;
}
