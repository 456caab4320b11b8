/**
 * Kept models: earlier files of the model that is served, beside it. A model is kept when another takes its place, so that it
 * can be restored. The file of `shop.safetensors` that has version 0123456789abcdef is kept as
 * `shop.0123456789abcdef.safetensors`, or as `shop.0123456789abcdef.rolled-back.safetensors` if a rollback took it away.
 */
import { createHash } from 'node:crypto';
import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { EndcapError } from '../../errors.ts';
import { duplicateFile, removeFile } from '../../files.ts';
import { loadMetadata } from '../../model/file/file.ts';
import type { ModelMetadata } from '../../model/model.ts';

export interface KeptModel {
  readonly file: string;
  readonly version: string;
  /** When its training ended, in milliseconds since 1970 UTC; 0 if the file does not say so. */
  readonly trainedAt: number;
  /** That of the orders that it was trained on. */
  readonly fingerprint?: string;
  readonly measured?: ModelMetadata['measured'];
  readonly gate?: ModelMetadata['gate'];
  /** Whether a rollback put another one in its place: it was not good enough for somebody. */
  readonly wasRolledBack: boolean;
  /** Why the file cannot be used. Only what its header says is known: damage further on is found when it is read. */
  readonly problem?: string;
}

/** Kept models besides the one that is served. */
const keptCount = 3;
const rolledBack = 'rolled-back';
/** What stands for a version in the name of a file. */
const tagPattern = /^[0-9a-f]{16}$/;
/** Models from elsewhere may have versions that are no names. */
const tagOf = (version: string) =>
  tagPattern.test(version) ? version : createHash('sha256').update(version).digest('hex').slice(0, 16);

/** The kept models of a model file, newest first; damaged ones come last. Files with other names are not looked at. */
export async function keptModels(model: string): Promise<KeptModel[]> {
  const { directory, name, extension } = await placeOf(model);
  const found: KeptModel[] = [];
  for (const entry of await readdir(directory).catch(() => [])) {
    if (!entry.startsWith(`${name}.`) || !entry.endsWith(extension)) continue;
    const middle = entry.slice(name.length + 1, entry.length - extension.length);
    const [tag, mark, ...rest] = middle.split('.');
    if (!tagPattern.test(tag) || rest.length > 0 || (mark !== undefined && mark !== rolledBack)) continue;
    const about = { file: join(directory, entry), wasRolledBack: mark === rolledBack };
    try {
      const { version, trainedAt, fingerprint, measured, gate } = await loadMetadata(about.file);
      // Somebody else's file may have such a name.
      if (tagOf(version) === tag)
        found.push({ ...about, version, trainedAt: Date.parse(trainedAt), fingerprint, measured, gate });
    } catch (error) {
      if (!(error instanceof EndcapError)) throw error;
      // It may have gone since the folder was read.
      if (error.details.reason !== 'missing')
        found.push({ ...about, version: tag, trainedAt: 0, problem: error.message });
    }
  }
  return found.sort((a, b) => b.trainedAt - a.trainedAt || (a.version < b.version ? -1 : 1));
}

/** Whether a rollback has taken a model away from a file. */
export async function isRolledBack(model: string, version: string): Promise<boolean> {
  return (await keptModels(model)).some((kept) => kept.wasRolledBack && kept.version === version);
}

/**
 * Keeps the file of the model that is served: another is about to take its place.
 *
 * @param wasRolledBack whether a rollback takes it away.
 * @throws `write_failed`; `model_unreadable`.
 */
export async function keepModel(model: string, wasRolledBack = false): Promise<Pick<KeptModel, 'file' | 'version'>> {
  const { version } = await loadMetadata(model);
  const { target, directory, name, extension } = await placeOf(model);
  const kept = [name, tagOf(version), ...(wasRolledBack ? [rolledBack] : [])].join('.');
  const file = join(directory, `${kept}${extension}`);
  await duplicateFile(target, file);
  return { file, version };
}

/**
 * Removes kept models but for the newest three that are not served. Damaged ones stay, as nobody can say whose they are.
 *
 * @param before the version that was served until now, which stays whatever the clock said when it was trained.
 */
export async function pruneModels(model: string, before?: string): Promise<void> {
  const { version: served } = await loadMetadata(model);
  const now = Date.now();
  // A time to come was told by a clock that was wrong, and would be the newest for years.
  const age = ({ version, trainedAt }: KeptModel) =>
    version === before ? -1 : trainedAt > now ? Number.POSITIVE_INFINITY : now - trainedAt;
  const kept = (await keptModels(model)).filter(({ problem }) => problem === undefined);
  kept.sort((a, b) => (age(a) < age(b) ? -1 : age(a) > age(b) ? 1 : 0));
  const others = new Set<string>();
  for (const { file, version } of kept) {
    const isTwice = others.has(version);
    if (version !== served && !isTwice && others.size < keptCount) others.add(version);
    else await removeFile(file);
  }
}

/**
 * The kept model to go back to.
 *
 * @param version by default the one that the served one has taken the place of in a run; if that is not kept, the newest that was
 * trained before it. Not one that a rollback took away.
 * @throws `unknown_version`; `model_unreadable` if its header is damaged.
 */
export async function earlierModel(model: string, version?: string): Promise<KeptModel> {
  const served = await loadMetadata(model).catch((error) => {
    // A damaged file is the best reason to go back.
    if (error instanceof EndcapError && error.details.reason !== 'missing') return undefined;
    throw error;
  });
  const kept = (await keptModels(model)).filter((each) => each.version !== served?.version);
  const there = kept.map(describeKept).join(', ') || 'none';
  if (version === undefined) {
    const whole = kept.filter(({ problem, wasRolledBack }) => problem === undefined && !wasRolledBack);
    // Whatever the clock said when either was trained.
    const replaced = whole.find((each) => each.version === served?.gate?.served);
    if (replaced) return replaced;
    const before = served ? Date.parse(served.trainedAt) : Number.POSITIVE_INFINITY;
    const found = whole.find(({ trainedAt }) => trainedAt < before);
    if (found) return found;
    const advice = kept.some(({ problem }) => problem === undefined) ? '. To take one of these, name its version' : '';
    const message = `there is no kept model from before the one in ${model}; kept: ${there}${advice}`;
    throw new EndcapError('unknown_version', message, { file: model });
  }
  if (version === served?.version)
    throw new EndcapError('unknown_version', `${model} has version ${version} already; kept: ${there}`, {
      file: model,
      version,
    });
  const found = kept.find((each) => each.version === version);
  if (found?.problem !== undefined) throw new EndcapError('model_unreadable', found.problem, { file: found.file });
  if (found) return found;
  throw new EndcapError('unknown_version', `no model of version ${version} is kept; kept: ${there}`, {
    file: model,
    version,
  });
}

function describeKept({ version, trainedAt, problem, wasRolledBack }: KeptModel): string {
  if (problem !== undefined) return `${version} (damaged)`;
  return `${version} (trained ${new Date(trainedAt).toISOString()}${wasRolledBack ? ', rolled back' : ''})`;
}

/** Where the file itself is, whatever links lead to it, since links to it must be on its file system. */
export async function placeOf(model: string) {
  const target = await realpath(model).catch(() => model);
  const extension = extname(target);
  return { target, directory: dirname(target), name: basename(target, extension), extension };
}
