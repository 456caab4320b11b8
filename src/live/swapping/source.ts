import { stat } from 'node:fs/promises';
import { loadMetadata } from '../../model/file/file.ts';

/** The file of a model, which others may replace. */
export interface ModelSource {
  readonly path: string;
  /**
   * Whether the file may have another model than when it was looked at last: a call of the system, and no more.
   *
   * @returns what to call once it was looked at, so that it is not looked at again until it changes.
   */
  changed(): Promise<(() => void) | undefined>;
  /** The version of its model, from its first bytes. @throws `model_unreadable` */
  version(): Promise<string>;
}

/** To be opened before the file is read for the first time. */
export async function openModelSource(path: string): Promise<ModelSource> {
  let seen = await identityOf(path);
  return {
    path,
    async changed() {
      const identity = await identityOf(path);
      return identity === seen
        ? undefined
        : () => {
            seen = identity;
          };
    },
    version: async () => (await loadMetadata(path)).version,
  };
}

/** Another text for each file, and for each time it was written; or why there is none. */
async function identityOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path);
    return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
