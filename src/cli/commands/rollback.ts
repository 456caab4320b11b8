import type { Command } from 'commander';
import { rollBack } from '../../live/models/rollback.ts';
import { addJson } from '../options/options.ts';
import { print, printJson } from '../terminal/terminal.ts';

export function addRollback(program: Command): Command {
  const command = program
    .command('rollback <model> [version]')
    .summary('go back to an earlier model')
    .description(
      'Puts the model that was served before in the place of the file, in one step, or the one of a version. The last three ' +
        'are kept beside the file when endcap retrain or this command replace it. A server takes it within a minute, or at ' +
        'SIGHUP; POST /admin/rollback does the same at once.',
    );
  addJson(command);
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap rollback model.safetensors
  endcap rollback model.safetensors d93477e4bea0bb14

A later run of endcap retrain compares its model with the one that is served
then. It does not bring back the same one unasked.`,
    )
    .action(async (model: string, version: string | undefined, { json }: { json?: boolean }) => {
      const done = await rollBack(model, version);
      const { before, trainedAt } = done;
      if (json) printJson({ ...done, trainedAt: new Date(trainedAt).toISOString() });
      else
        print(
          `${model} has version ${done.version} again, trained ${new Date(trainedAt).toISOString()}` +
            (before === undefined ? '' : `; ${before} is kept`),
        );
    });
}
