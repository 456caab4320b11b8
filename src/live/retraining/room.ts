import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EndcapError } from '../../errors.ts';

/**
 * Refuses a run whose new file would not fit on the disk, as far as that can be known: it takes about as much as the file that is
 * there. Both are on the disk until the older ones are removed.
 *
 * @throws `write_failed`, with `ENOSPC` as its reason.
 */
export async function checkRoom(model: string): Promise<void> {
  const [file, disk] = await Promise.all([
    stat(model).catch(() => undefined),
    // Some systems do not tell.
    statfs(dirname(model)).catch(() => undefined),
  ]);
  if (!file || !disk) return;
  const free = disk.bavail * disk.bsize;
  if (free >= file.size) return;
  const [has, needs] = [free, file.size].map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`);
  throw new EndcapError(
    'write_failed',
    `there is no room for a new model beside ${model}: it takes about ${needs}, and ${has} are free`,
    { file: model, reason: 'ENOSPC', free, needed: file.size },
  );
}
