import type { Command } from 'commander';
import { throwIfAborted } from '../../errors.ts';
import { saveModel } from '../../model/file/file.ts';
import { sourceName } from '../../orders/sources/read.ts';
import { createRecommender } from '../../recommending/create.ts';
import type { Recommender } from '../../recommending/types.ts';
import { sampleOrders } from '../../sample/sample.ts';
import { describePicked } from '../../tuning/describe.ts';
import { version } from '../../version.ts';
import { endcapStart } from '../hints.ts';
import { interruptible } from '../interrupt.ts';
import { trainingKernel } from '../kernels.ts';
import { lossOf } from '../model-words.ts';
import { addServingOptions, checkAccess, kernelOptions, resultGroup } from '../options/options.ts';
import { joinedFiles, readingOptions } from '../options/reading-options.ts';
import { addTrainingOptions, trainingOptions } from '../options/training-options.ts';
import { checkOutput } from '../output.ts';
import { listen, untilStopped } from '../serving.ts';
import { count, duration, note, size } from '../terminal.ts';
import { trainOnOrders } from '../training.ts';

export function addStart(program: Command): Command {
  const command = program
    .command('start [orders...]')
    .summary('train a model and serve it, on your orders or on a sample')
    .description(
      'Trains a model on a file of order lines, or on the orders of a made-up shop if no file is named, and serves it ' +
        'over HTTP. npm start runs this command and passes on what follows --: npm start -- orders.csv',
    )
    .optionsGroup(resultGroup)
    .option('-o, --output <file>', 'also write the model to this file');
  addServingOptions(command, true);
  addTrainingOptions(command);
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap start
  endcap start orders.csv --port 8080
  endcap start orders.csv -o model.safetensors

ENDCAP_HOST and ENDCAP_PORT, or else HOST and PORT, name the address, too.

See also: endcap train and endcap serve do the two steps separately`,
    )
    .action(async (orders: string[], values, self: Command) => {
      checkAccess(values);
      const training = trainingOptions(self);
      const { output } = values;
      await checkOutput(output, [...orders, ...joinedFiles(values)]);
      note(`Endcap ${version}, kernel ${trainingKernel(training)}`);
      let recommender: Recommender | undefined;
      const server = await listen({ recommender: () => recommender }, values);
      try {
        recommender = await interruptible(async (signal) => {
          note(
            orders.length === 0
              ? `Training on the orders of a made-up shop; to train on your own: ${endcapStart} orders.csv`
              : `Training on ${sourceName(orders)}`,
          );
          const source = orders.length > 0 ? orders : (sampleOrders() as Iterable<never>);
          const { model } = await trainOnOrders(source, readingOptions(values), training, signal);
          throwIfAborted(signal);
          const { losses, trainingMs } = model.metadata;
          note(`Trained ${count(losses.length, 'epoch')} in ${duration(trainingMs)}, ${lossOf(model)}`);
          const picked = describePicked(model.metadata);
          if (picked !== undefined) note(`Picked: ${picked}`);
          if (output !== undefined) {
            const { bytes } = await saveModel(model, output, { signal });
            note(`Model: ${output}, ${size(bytes)}`);
          }
          return createRecommender(model, kernelOptions(values));
        });
      } catch (error) {
        await server.close();
        throw error;
      }
      await untilStopped(server, recommender);
    });
}
