import { EndcapError } from '../errors.ts';
import { adviceOnFiles } from '../own-files.ts';
import { absent, binaries } from './backends.ts';
import type { Attempt, Backend } from './kernel.ts';

/** What options or environment variables force. */
interface Forced {
  backend: Backend | undefined;
  isa: string | undefined;
}

/**
 * A `kernel_unavailable` error that lists what was tried, and what may help.
 *
 * @param options which of both come from options; the others come from the environment.
 */
export function unavailable(forced: Forced, options: Partial<Forced>, tried: readonly Attempt[]): EndcapError {
  const { backend, isa } = forced;
  const what = [backend, isa].filter(Boolean).join(' ');
  const list = tried.map(({ what, reason }) => `\n  ${what}: ${reason}`).join('');
  const help = [...unforced(forced, options), ...adviceOn(tried)].map((advice) => `\n  ${advice}`).join('');
  return new EndcapError(
    'kernel_unavailable',
    `no ${what ? `${what} ` : ''}kernel runs here; tried:${list}${help && `\nwhat may help:${help}`}`,
    { tried },
  );
}

function* unforced(forced: Forced, options: Partial<Forced>): Generator<string> {
  for (const name of ['backend', 'isa'] as const) {
    const by = options[name] === undefined ? `ENDCAP_${name.toUpperCase()}` : `the option ${name}`;
    if (forced[name] !== undefined) yield `leave out ${by}, so that whatever runs here is used`;
  }
  if (process.env.ENDCAP_ADDON && forced.backend !== 'wasm') yield 'leave out ENDCAP_ADDON';
}

function* adviceOn(tried: readonly Attempt[]): Generator<string> {
  const isAbsent = (file: string) => tried.some(({ what, reason }) => what.includes(file) && reason === absent);
  const shipped = [...binaries, 'build/wasm/'];
  if (shipped.some(isAbsent)) yield adviceOnFiles();
  else if (isAbsent('prebuilds/')) yield `endcap has no binary for this platform, but for ${binaries.join(', ')}`;
}
