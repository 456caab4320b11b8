/**
 * Addresses on the command line may have passwords: neither errors nor the names of processes show them. Who looks in the
 * first instants of a process still sees its arguments, so that a password is better left to the environment.
 */
interface Concealed {
  readonly argument: string;
  /** The address, which may stand after the name of an option, as in --data=postgres://... and -opostgres://... */
  readonly value: string;
  /** What the address and the argument are called without its secret. */
  readonly name: string;
  readonly shown: string;
}

const given = process.argv.slice(2);
const concealed: readonly Concealed[] = given.some((argument) => /:\/\/|jdbc:/i.test(argument))
  ? await concealedIn(given)
  : [];

/** Most commands have no address, and need nothing that knows what one is. */
async function concealedIn(words: readonly string[]): Promise<Concealed[]> {
  const { withoutSecrets } = await import('../orders/databases/address.ts');
  return words.flatMap((argument) => {
    const [, option = '', value] = /^(--[\w-]+=|-\w)?(.*)$/s.exec(argument)!;
    const name = withoutSecrets(value);
    return name === value ? [] : [{ argument, value, name, shown: `${option}${name}` }];
  });
}

/** Lets lists of processes show the command without secrets. */
export function hideSecrets(): void {
  if (concealed.length === 0) return;
  const shown = given.map((each) => concealed.find(({ argument }) => argument === each)?.shown ?? each);
  process.title = ['endcap', ...shown].join(' ');
}

/** A text without secrets of the arguments. */
export function conceal(text: string): string {
  return concealed.reduce((told, { value, name }) => told.replaceAll(value, name), text);
}
