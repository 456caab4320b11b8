import { EndcapError } from '../../errors.ts';
import { duplicateFile } from '../../files.ts';
import { loadModel } from '../../model/file/file.ts';
import { earlierModel, keepModel, pruneModels } from './kept.ts';

/** What a rollback did. */
export interface RolledBack {
  /** The version that is served from now on. */
  version: string;
  /** The one that was served before, which is kept; absent if its file was damaged. */
  before?: string;
  /** When the training of the one that is served ended, in milliseconds since 1970 UTC. */
  trainedAt: number;
}

/**
 * Puts a kept model in the place of the one that is served, which is kept. All of it is read before anything changes.
 *
 * @param model the path of the file.
 * @param version by default that of the model that the served one has taken the place of; see `earlierModel`.
 * @param take serves the file once it is in its place; if it throws, the file is as it was.
 * @throws `unknown_version`, which lists those there are; `model_unreadable` if the kept file is damaged; `write_failed`.
 *
 * @example
 * const { version, before } = await rollBack('model.safetensors');
 */
export async function rollBack(model: string, version?: string, take?: () => Promise<unknown>): Promise<RolledBack> {
  const kept = await earlierModel(model, version);
  await loadModel(kept.file);
  const before = await keepModel(model, true).catch((error) => {
    // What is damaged is not worth keeping.
    if (error instanceof EndcapError && error.code === 'model_unreadable') return undefined;
    throw error;
  });
  await duplicateFile(kept.file, model);
  try {
    await take?.();
  } catch (error) {
    if (before) await duplicateFile(before.file, model);
    throw error;
  } finally {
    // Also if it is served on: then nobody rolled it back. What cannot be removed stays.
    await pruneModels(model, before?.version).catch(() => {});
  }
  return {
    version: kept.version,
    trainedAt: kept.trainedAt,
    ...(before && { before: before.version }),
  };
}
