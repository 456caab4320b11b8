/** Whose pictures of products the explorer shows. */
import { invalidOption, onlyKnown } from '../../options.ts';

export interface ExplorerOptions {
  /**
   * Origins whose pictures of products the pages show, such as `https://cdn.shop.example`; none by default, and then pages link
   * to them. Whoever has such a host learns what is looked at: not by whom, nor on which page.
   */
  pictures?: readonly string[];
}

/** @throws `invalid_options` */
export function picturesOf(explorer: unknown): readonly string[] {
  if (typeof explorer === 'boolean') return [];
  if (typeof explorer !== 'object' || explorer === null || Array.isArray(explorer))
    throw invalidOption('explorer', explorer, 'true, false, or an object');
  onlyKnown(explorer, ['pictures']);
  const { pictures = [] } = explorer as ExplorerOptions;
  if (!Array.isArray(pictures)) throw invalidOption('explorer.pictures', pictures, 'a list of origins');
  for (const origin of pictures)
    if (!isOrigin(origin))
      throw invalidOption('explorer.pictures', origin, 'an origin, such as https://cdn.shop.example');
  return pictures;
}

/** As browsers write it: what else a policy might hold, such as a path or a wildcard, would mean something else there. */
function isOrigin(given: unknown): boolean {
  if (typeof given !== 'string' || !URL.canParse(given)) return false;
  const { protocol, origin } = new URL(given);
  return (protocol === 'https:' || protocol === 'http:') && origin === given && !given.includes('*');
}
