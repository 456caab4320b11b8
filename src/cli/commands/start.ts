import { type Command, Option } from 'commander';
import type { readOrders } from '../../dataset/read.ts';
import { throwIfAborted } from '../../errors.ts';
import { readOrdersAndPurchases } from '../../live/retraining/candidate/orders.ts';
import type { ShopStore } from '../../live/store/store.ts';
import type { Shop } from '../../live/types.ts';
import { saveModel } from '../../model/file/file.ts';
import type { Model } from '../../model/model.ts';
import type { OrderSource, ReadOptions } from '../../orders/options.ts';
import { sourceName } from '../../orders/sources/read.ts';
import { createRecommender } from '../../recommending/create.ts';
import type { Recommender } from '../../recommending/types.ts';
import { sampleOrders } from '../../sample/sample.ts';
import type { TrainOptions } from '../../training/fit-on.ts';
import { describePicked } from '../../tuning/describe.ts';
import { version } from '../../version.ts';
import { endcapStart } from '../hints.ts';
import { interruptible } from '../interrupt.ts';
import { trainingKernel } from '../kernels.ts';
import { addServingOptions, checkAccess, kernelOptions, resultGroup } from '../options/options.ts';
import { joinedFiles, readingOptions } from '../options/reading-options.ts';
import { addScheduleOptions, refuseWithoutSchedule, scheduled } from '../options/retraining-options.ts';
import { addTrainingOptions, trainingFlags, trainingOptions } from '../options/training-options.ts';
import { checkOutput } from '../output.ts';
import { noFolder, openFolder, shopFolder } from '../serving/folder.ts';
import { aboutShop, addShopOptions, checkShopOptions, hasShopFiles, openShop } from '../serving/opening.ts';
import { listen, untilStopped } from '../serving/serving.ts';
import { lossOf } from '../terminal/model-words.ts';
import { count, duration, note, size } from '../terminal/terminal.ts';
import { trainOnOrders } from '../training.ts';

export function addStart(program: Command): Command {
  const command = program
    .command('start [orders...]')
    .summary('train a model and serve it, on your orders or on a sample')
    .description(
      'Trains a model on a file of order lines, or on the orders of a made-up shop if no file is named, and serves it ' +
        'over HTTP. The model is kept in a folder, with what the running shop writes: purchases, the catalogue, and ' +
        'erasures. Once it has a model of your orders, start without a file serves that. npm start runs this command and ' +
        'passes on what follows --: npm start -- orders.csv',
    )
    .optionsGroup(resultGroup)
    .addOption(
      new Option('--folder <path>', `where the model and the store are kept; ${noFolder} keeps nothing`)
        .env('ENDCAP_FOLDER')
        .default('endcap-data'),
    )
    .option('-o, --output <file>', 'also write the model to this file');
  addServingOptions(command, true);
  addShopOptions(command);
  addScheduleOptions(command);
  addTrainingOptions(command);
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap start
  endcap start orders.csv --port 8080
  endcap start orders.csv --folder shop
  endcap start orders.csv --retrain '0 3 * * *'
  endcap start orders.csv -o model.safetensors --folder none

ENDCAP_HOST and ENDCAP_PORT, or else HOST and PORT, name the address, too.

See also: endcap train and endcap serve do the two steps separately`,
    )
    .action(async (orders: string[], values, self: Command) => {
      checkAccess(values);
      const training = trainingOptions(self);
      const { output } = values;
      const folder = values.folder === noFolder ? undefined : shopFolder(values.folder, orders.length > 0);
      checkShopOptions(values, folder !== undefined);
      const isKept = orders.length === 0 && folder?.isSample === false;
      const [flag = output === undefined ? undefined : '--output'] = trainingFlags(self);
      if (isKept && flag !== undefined)
        self.error(`error: ${flag} is for training, but start serves ${folder.model} unless orders are named`);
      if (values.retrain !== undefined && (orders.length === 0 || folder === undefined))
        self.error(
          orders.length === 0
            ? 'error: --retrain needs the orders to train on: name them, such as start orders.csv'
            : `error: --retrain needs a folder for the model; --folder ${noFolder} keeps none`,
        );
      if (values.retrain === undefined) refuseWithoutSchedule(self, false);
      const retrain =
        values.retrain === undefined ? undefined : await scheduled(values, orders, training, folder?.store);
      await checkOutput(output, [...orders, ...joinedFiles(values)]);
      note(`Endcap ${version}, kernel ${trainingKernel(training)}`);
      const opened = folder && (await openFolder(folder));
      const store = opened?.store;
      let isServed = false;
      try {
        if (folder) note(`Folder: ${folder.path}, where the model and the store are kept`);
        let answering: Recommender | undefined;
        const isShop = folder !== undefined || hasShopFiles(values);
        const server = await listen(
          isShop ? { shop: () => answering as Shop | undefined } : { recommender: () => answering },
          values,
        );
        try {
          answering = await interruptible(async (signal) => {
            if (isKept) note(`Serving the model that is kept there; to train again: ${endcapStart} orders.csv`);
            const model = isKept ? undefined : await trainShop(orders, readingOptions(values), training, store, signal);
            for (const path of [folder?.model, output]) {
              if (model === undefined || path === undefined) continue;
              const { bytes } = await saveModel(model, path, { signal });
              note(`Model: ${path}, ${size(bytes)}`);
            }
            const answers = isShop
              ? await openShop(folder?.model ?? model!, store, values, retrain)
              : createRecommender(model!, kernelOptions(values));
            if (signal.aborted) await answers.close();
            throwIfAborted(signal);
            return answers;
          });
        } catch (error) {
          await server.close();
          throw error;
        }
        isServed = true;
        if (isShop) note(...(await aboutShop(answering as Shop)));
        await untilStopped(server, answering);
      } finally {
        await (isServed ? store?.close() : opened?.discard());
      }
    });
}

/** @param orders paths; those of a made-up shop if there are none. */
async function trainShop(
  orders: readonly string[],
  reading: ReadOptions,
  training: TrainOptions,
  store: ShopStore | undefined,
  signal: AbortSignal,
): Promise<Model> {
  note(
    orders.length === 0
      ? `Training on the orders of a made-up shop; to train on your own: ${endcapStart} orders.csv`
      : `Training on ${sourceName(orders)}`,
  );
  const source: OrderSource = orders.length > 0 ? orders : ({ [Symbol.iterator]: sampleOrders } as Iterable<never>);
  const { model } = await trainOnOrders(source, reading, training, signal, store && readWithout(store));
  throwIfAborted(signal);
  const { losses, trainingMs } = model.metadata;
  note(`Trained ${count(losses.length, 'epoch')} in ${duration(trainingMs)}, ${lossOf(model)}`);
  const picked = describePicked(model.metadata);
  if (picked !== undefined) note(`Picked: ${picked}`);
  return model;
}

/** Reads orders without the customers whom a store has erased. */
function readWithout(store: ShopStore): typeof readOrders {
  return async (source, reading) => {
    const { dataset, leftOut } = await readOrdersAndPurchases(source, reading, store, 0);
    if (leftOut > 0) note(`Left out ${count(leftOut, 'erased customer')}, whom ${sourceName(source)} still has`);
    return dataset;
  };
}
