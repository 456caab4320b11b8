/**
 * Addresses on the command line may have passwords: neither errors nor the names of processes show them. Who looks in the
 * first instants of a process still sees its arguments, so that a password is better left to the environment.
 */
import { withoutSecrets } from '../orders/databases/address.ts';

/** Arguments with a secret, and what they are called without. */
const concealed = process.argv.slice(2).flatMap((argument) => {
  // Also after the name of an option, as in --data=postgres://...
  const [, option, value] = /^(--[\w-]+=)?(.*)$/s.exec(argument)!;
  const shown = `${option ?? ''}${withoutSecrets(value)}`;
  return shown === argument ? [] : [{ argument, value, shown, name: withoutSecrets(value) }];
});

/** Lets lists of processes show the command without secrets. */
export function hideSecrets(): void {
  if (concealed.length === 0) return;
  const shown = process.argv.slice(2).map((each) => concealed.find(({ argument }) => argument === each)?.shown ?? each);
  process.title = ['endcap', ...shown].join(' ');
}

/** A text without secrets of the arguments. */
export function conceal(text: string): string {
  return concealed.reduce((told, { value, name }) => told.replaceAll(value, name), text);
}
