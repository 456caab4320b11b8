import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Scope, scopes } from '../../server/access/keys.ts';
import { addKey, readKeys, revokeKey } from '../../server/access/keys-file.ts';
import { interruptible } from '../interrupt.ts';
import { addJson, type Values } from '../options/options.ts';
import { note, print, printJson, table } from '../terminal/terminal.ts';

export function addKeyCommands(program: Command): Command {
  const command = program
    .command('key')
    .summary('make, list, and revoke the keys of a server')
    .description(
      'Manages the keys with which programs call a server. A file keeps salted hashes of them, no key itself; servers that ' +
        'were started with it follow each change within a second.',
    )
    .addHelpText(
      'after',
      `
Examples:
  endcap key create --scope read --note "web shop"
  endcap key list
  endcap key revoke 1f2e3d4c

Next: endcap serve model.safetensors --host 0.0.0.0 --keys endcap-keys.json`,
    );

  const create = command
    .command('create')
    .summary('make a key and print it, this once')
    .addOption(
      new Option('--scope <name...>', `what it may do: ${scopes.join(', ')}; admin may do everything`)
        .choices(scopes)
        .makeOptionMandatory(),
    )
    .option('--note <text>', 'what it is for', shortText);
  addFileOption(create).action(({ scope, note: text, file, json }) =>
    interruptible(async () => {
      const { key, id } = await addKey(file, scope as Scope[], text);
      if (json) return printJson({ key, id });
      print(key);
      note(`Keep it now: ${file} has only a hash of it. To revoke it: endcap key revoke ${id}`);
    }),
  );

  addFileOption(command.command('list').summary('list keys by their first digits')).action(({ file, json }: Values) =>
    interruptible(async () => {
      const keys = (await readKeys(file as string)).map(({ salt, hash, ...shown }) => shown);
      if (json) return printJson({ keys });
      if (keys.length === 0) return note(`${file} has no keys`);
      print(
        ...table(
          ['id', 'scopes', 'made', 'note'],
          keys.map(({ id, scopes: may, createdAt, note: text = '' }) => [
            id,
            may.join(', '),
            createdAt.slice(0, 10),
            text,
          ]),
          [],
        ),
      );
    }),
  );

  addFileOption(command.command('revoke').summary('end a key').argument('<id>', 'its first eight digits')).action(
    (id, { file, json }) =>
      interruptible(async () => {
        await revokeKey(file, id);
        if (json) return printJson({ revoked: id });
        note(`${id} is revoked`);
      }),
  );
  return command;
}

function addFileOption(command: Command): Command {
  return addJson(command.option('--file <file>', 'file of the keys', 'endcap-keys.json'));
}

function shortText(text: string): string {
  if (text.length > 200) throw new InvalidArgumentError('It must have at most 200 characters.');
  return text;
}
