/**
 * Temporary files, which go when this process ends. A name says which process writes the file, so that a later one can
 * remove what a killed one has left. The libraries that replace files (write-file-atomic, atomically) leave it for ever, and
 * take a file whole.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { lstat, open, readdir, unlink, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

const namePattern = /^\.endcap-([0-9a-f]{16})-([1-9]\d{0,9})-(\d{1,20})-[0-9a-f]{16}\.tmp$/;

/** Name of what is claimed, writer, and time in milliseconds. */
const claimPattern = /^\.endcap-(\w+)-([0-9a-f]{16})-([1-9]\d{0,9})-(\d{1,20})-(\d{1,15})-[0-9a-f]{16}\.claim$/;

/** A writer that cannot be asked whether it runs is taken for dead once its file has not grown for so long. */
const silentMs = 3_600_000;

/** The same for a claim, which its holder touches all the time. */
const silentClaimMs = 600_000;
const touchMs = 60_000;

const unknownStart = '0';

/** A process and when it started, since ids are used again. Ids mean what they mean here only in the same place. */
interface Writer {
  place: string;
  pid: number;
  /** Clock ticks since the boot, or `unknownStart`. */
  started: string;
}

/** A new name for a temporary file of this process. Its length does not depend on the target's, and `*` does not match it. */
export function temporaryName(): string {
  return `.endcap-${nameOfWriter()}-${randomBytes(8).toString('hex')}.tmp`;
}

function nameOfWriter(): string {
  const { place, pid, started } = thisWriter() ?? { place: '0'.repeat(16), pid: process.pid, started: unknownStart };
  return `${place}-${pid}-${started}`;
}

/** Files that this process has begun to write. */
const unfinished = new Set<string>();

/** Removes a file if this process exits before the function that is returned is called. */
export function removeOnExit(path: string): () => void {
  unfinished.add(path);
  // Once for each process, whose listeners Node counts.
  if (!process.listeners('exit').includes(removeUnfinished)) process.on('exit', removeUnfinished);
  return () => unfinished.delete(path);
}

function removeUnfinished(): void {
  for (const path of unfinished) {
    try {
      rmSync(path, { force: true });
    } catch {}
  }
}

/** A claim that was granted. */
export interface Claim {
  release(): Promise<void>;
}

/** Who holds a claim, and since when, in milliseconds since 1970 UTC. */
export interface Holder {
  pid: number;
  since: number;
}

/**
 * Claims something in a folder for this process: one of several that claim the same at a time has it at most, also across
 * machines. Returns who has it if it is taken. Two that come at the same moment may both be refused.
 *
 * Each claim is a file of its own, made before others are looked for: of two, the later one sees the earlier one. Its name says
 * who made it, and no name comes twice, so that anybody can remove that of a process that was killed without taking a new one.
 *
 * @param name of what is claimed: letters and digits.
 * @throws whatever the system says against the file.
 */
export async function claim(directory: string, name: string): Promise<Claim | Holder> {
  const own = `.endcap-${name}-${nameOfWriter()}-${Date.now()}-${randomBytes(8).toString('hex')}.claim`;
  const path = join(directory, own);
  const file = await open(path, 'wx');
  const { mtimeMs: now } = await file.stat().finally(() => file.close());
  const release = () => unlink(path).catch(() => {});
  try {
    for (const other of await readdir(directory)) {
      const [, claimed, place, pid, started, since] = claimPattern.exec(other) ?? [];
      if (claimed !== name || other === own) continue;
      const writer = { place, pid: Number(pid), started };
      if (await removeIfDead(join(directory, other), writer, now, silentClaimMs)) continue;
      await release();
      return { pid: writer.pid, since: Number(since) };
    }
  } catch (error) {
    await release();
    throw error;
  }
  const touching = setInterval(() => {
    const time = new Date();
    utimes(path, time, time).catch(() => {});
  }, touchMs).unref();
  return {
    release() {
      clearInterval(touching);
      return release();
    },
  };
}

/**
 * Removes the temporary files, and claims, in a folder whose writers are dead. `now` is the time by the clock of the folder's file
 * system, in milliseconds. What cannot be removed stays; nothing is thrown.
 */
export async function removeAbandoned(directory: string, now: number): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    const [, place, pid, started] = namePattern.exec(name) ?? claimPattern.exec(name)?.slice(1) ?? [];
    if (place === undefined) continue;
    await removeIfDead(join(directory, name), { place, pid: Number(pid), started }, now, silentMs);
  }
}

/** Whether a file is gone: because its writer was dead, or before. */
async function removeIfDead(path: string, writer: Writer, now: number, silentMs: number): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return true;
  if (!found.isFile()) return false;
  const isHere = writer.place === thisWriter()?.place;
  // Where the system does not tell when a process started, another one may have its id by now. Only claims are touched.
  const isCertain = isHere && (writer.started !== unknownStart || !path.endsWith('.claim'));
  const isDead = (isHere && hasEnded(writer)) || (!isCertain && now - found.mtimeMs > silentMs);
  return (
    isDead &&
    unlink(path).then(
      () => true,
      () => false,
    )
  );
}

/**
 * Who this process is; undefined if the system does not tell. On Linux a place is one boot and one namespace of process
 * ids: every container numbers its own processes, and containers that share a folder may share the host's name, too.
 */
function thisWriter(): Writer | undefined {
  const { pid, platform } = process;
  try {
    if (platform !== 'linux') return { place: digest(platform, hostname()), pid, started: unknownStart };
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    const namespace = readlinkSync('/proc/self/ns/pid');
    const found = processAt(pid);
    // A container may see the /proc of its host, where its processes have other ids.
    if (found === undefined || readlinkSync('/proc/self') !== String(pid)) return undefined;
    return { place: digest(boot, namespace), pid, started: found.started };
  } catch {
    return undefined;
  }
}

function digest(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

/** Whether a process of this place has ended. If in doubt, it has not. */
function hasEnded({ pid, started }: Writer): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  const found = processAt(pid);
  if (found === undefined || started === unknownStart) return false;
  // Another process may have the id by now; one that ended but that its parent has not asked for is a zombie.
  return found.started !== started || found.state === 'Z' || found.state === 'X';
}

/** Whether a process runs, and since when; undefined if it does not exist or the system does not tell. */
function processAt(pid: number): { state: string; started: string } | undefined {
  try {
    // The second field is the name of the program, in parentheses, and may contain anything.
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return /^\d+$/.test(fields[19]) ? { state: fields[0], started: fields[19] } : undefined;
  } catch {
    return undefined;
  }
}
