import { type Command, Option } from 'commander';
import { backUpStore } from '../../live/store/sqlite/backup.ts';
import { interruptible } from '../interrupt.ts';
import { resultGroup } from '../options/options.ts';
import { note, size } from '../terminal/terminal.ts';

export function addBackup(program: Command): Command {
  return program
    .command('backup')
    .summary('copy the store of a running shop')
    .description(
      'Copies the store that endcap serve --data keeps, as it is at this moment, also while the server runs. The copy is a ' +
        'store itself. Of a store in Postgres, make copies with pg_dump.',
    )
    .argument('<store>', 'file of the store, such as shop.db')
    .optionsGroup(resultGroup)
    .addOption(new Option('-o, --output <file>', 'file to write, complete or not at all').makeOptionMandatory())
    .addHelpText(
      'after',
      `
Example:
  endcap backup shop.db -o copy.db`,
    )
    .action((path, { output }) =>
      interruptible(async () => {
        const { bytes } = await backUpStore(path, output);
        note(`${output}: ${size(bytes)}`);
      }),
    );
}
