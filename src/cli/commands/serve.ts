import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Shop } from '../../live/types.ts';
import { openModel } from '../../recommending/create.ts';
import type { Recommender } from '../../recommending/types.ts';
import { version } from '../../version.ts';
import { kernelName, noteFailed } from '../kernels.ts';
import { addKernelOptions, addServingOptions, checkAccess, kernelOptions } from '../options/options.ts';
import { addOrdersOptions, addScheduleOptions, scheduleOf } from '../options/retraining-options.ts';
import { aboutShop, addShopOptions, checkShopOptions, hasShopFiles, openShop } from '../serving/opening.ts';
import { contents } from '../terminal/model-words.ts';
import { count, note } from '../terminal/terminal.ts';

export function addServe(program: Command): Command {
  const command = program
    .command('serve <model>')
    .summary('serve a model over HTTP')
    .description(
      'Serves a model over HTTP: POST /recommend, /similar, /bought-together, and /similar-customers, GET /model, ' +
        '/metrics, /health/ready, and /openapi.json. With --data also PUT and PATCH /products, POST /purchases, GET and ' +
        'DELETE /customers/{id}, /scenarios, /experiments, /attribution, and POST /admin/reload and /admin/rollback; with ' +
        '--catalogue all of these that need no purchases.',
    );
  addServingOptions(command);
  addShopOptions(command).option(
    '--data <store>',
    'keep purchases and the catalogue in this SQLite file, or Postgres database (postgres://...)',
  );
  addScheduleOptions(command);
  addOrdersOptions(command);
  addKernelOptions(command);
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap serve model.safetensors
  endcap serve model.safetensors --data shop.db
  endcap serve model.safetensors --data shop.db --catalogue products.csv
  endcap serve model.safetensors --data shop.db --orders orders.csv --retrain '0 3 * * *'
  ENDCAP_PORT=8080 endcap serve model.safetensors
  endcap serve model.safetensors --host 0.0.0.0 --keys endcap-keys.json

SIGTERM and SIGINT let running requests finish; a second signal stops at once.
A new model in the file answers within a minute, if a shop is served (--data, --catalogue, --scenarios).
SIGHUP takes it at once, and reads the files of --catalogue and --scenarios again.`,
    )
    .action(async (path: string, values, self: Command) => {
      checkAccess(values);
      const retrain = await scheduleOf(self);
      const { data } = values as { data?: string };
      checkShopOptions(values, data !== undefined);
      const isShop = data !== undefined || hasShopFiles(values) || retrain !== undefined;
      let recommender: Recommender | undefined;
      let shop: Shop | undefined;
      const open = () => (isShop ? openShop(path, data, values, retrain) : openAlone(path, values));
      // The server's code loads while threads read and hash the file, and listens before the model is there. A store is not made
      // before the server listens.
      const early = data === undefined || existsSync(data) ? open() : undefined;
      // It may fail before anybody waits for it.
      early?.catch(() => {});
      const { listen, untilStopped } = await import('../serving/serving.ts');
      const server = await listen(isShop ? { shop: () => shop } : { recommender: () => recommender }, values).catch(
        (error) => {
          early?.then(({ close }) => close()).catch(() => {});
          throw error;
        },
      );
      try {
        recommender = await (early ?? open());
        if (isShop) shop = recommender as Shop;
      } catch (error) {
        await server.close();
        throw error;
      }
      noteModel(path, recommender);
      if (shop) note(...(await aboutShop(shop)));
      await untilStopped(server, recommender);
    });
}

/** Apart, since what waits until the server is stopped must not keep a model that another one has taken the place of. */
function noteModel(path: string, { model, kernel }: Recommender): void {
  noteFailed(kernel);
  note(
    `Endcap ${version}, kernel ${kernelName(kernel)}`,
    `Model: ${path}, ${model.algorithm}, ${count(model.factors, 'factor')}, ${contents(model)}`,
  );
}

/** A model without a shop. Of its texts, a request needs a few: those of a large model stay bytes. */
async function openAlone(path: string, values: Parameters<typeof kernelOptions>[0]): Promise<Recommender> {
  const { serve } = await openModel(path, kernelOptions(values), { keepsBytes: true });
  const { recommender } = await serve();
  return recommender;
}
