import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, loadavg, totalmem } from 'node:os';
import { openKernel } from '../../src/kernel/open.ts';

/** What a run was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly threads: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  /** The kernel that is used unless a case names another. */
  readonly kernel: string;
  /** Processes that wanted to run in the last minute before the benchmark, by core. */
  readonly load: number;
  readonly date: string;
}

/** A higher load by core disturbs times. */
const busyLoad = 0.5;

export function thisMachine(): Machine {
  const { backend, isa } = openKernel({ threads: 1 });
  const threads = availableParallelism();
  return {
    cpu: cpus()[0].model,
    threads,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    kernel: `${backend} ${isa}`,
    load: Number((loadavg()[0] / threads).toFixed(2)),
    date: new Date().toISOString().slice(0, 10),
  };
}

export function machineText({ cpu, threads, memoryGiB, platform, node, kernel, load, date }: Machine): string {
  return `${cpu}, ${threads} threads, ${memoryGiB} GiB, load ${load} a core; ${platform}, Node ${node}, ${kernel}; ${date}`;
}

/** Says so if other programs are running. */
export function warnIfBusy({ load }: Machine): void {
  if (load > busyLoad)
    console.error(`warning: the machine is busy (load ${load} a core): times are longer than they should be, and vary`);
}

/** What a case cannot do without, in bytes. */
export interface Needs {
  readonly memory?: number;
  readonly disk?: number;
}

/** Why a case has to be left out: too little free memory, or too little disk in a folder; undefined if there is enough. */
export async function lacking({ memory = 0, disk = 0 }: Needs, folder: string): Promise<string | undefined> {
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  if (freemem() < memory) return `needs ${gigabytes(memory)} of memory, but ${gigabytes(freemem())} are free`;
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < disk) return `needs ${gigabytes(disk)} in ${folder}, but ${gigabytes(bavail * bsize)} are free`;
  return undefined;
}
