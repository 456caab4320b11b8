import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Case, type Input, randomOf, targetNamed } from './target.ts';

/** An error that is not typed or a broken promise, a process that died, a case without an end, or too much memory. */
export type Kind = 'error' | 'crash' | 'hang' | 'memory';

export interface Finding extends Case {
  kind: Kind;
  /** The error with its stack, the signal, or the limit that was passed. */
  problem: string;
  /** The first case that its process ran. If the case alone finds nothing, run all of them from there. */
  first: number;
}

const findingFile = 'finding.json';
/** Findings that look the same are kept up to this many times. */
const mostAlike = 3;

export function nameOf({ target, seed, number }: Case): string {
  return `${target}-${seed}-${number}`;
}

/** The kind and the first line of the problem, without numbers: what findings of one cause have in common. */
export function looksOf({ target, kind, problem }: Finding): string {
  const place = (/src\/[\w/.-]+:\d+/.exec(problem) ?? /test\/[\w/.-]+:\d+/.exec(problem))?.[0] ?? '';
  const [line] = problem.split('\n');
  return `${target} ${kind}: ${line.slice(0, 160).replace(/\d+/g, '#')} ${place}`.trim();
}

/** Keeps findings in a folder: each in a folder of its own, with its input and how to run it again. */
export function createFindings(folder: string) {
  const names = new Map<string, string[]>();
  return {
    async keep(finding: Finding): Promise<void> {
      const looks = looksOf(finding);
      const alike = names.get(looks) ?? [];
      names.set(looks, [...alike, nameOf(finding)]);
      if (alike.length >= mostAlike) return;
      const own = join(folder, nameOf(finding));
      await mkdir(own, { recursive: true });
      await writeFile(join(own, findingFile), `${JSON.stringify(finding, undefined, 2)}\n`);
      for (const [name, content] of Object.entries(await inputOf(finding))) await writeFile(join(own, name), content);
    },
    /** The findings by what they have in common: how many there are, and the first of them. */
    summary: () => Array.from(names, ([looks, all]) => ({ looks, count: all.length, first: all[0] })),
  };
}

/** The input of a case; nothing if making it is what failed. */
async function inputOf(found: Case): Promise<Input> {
  try {
    return await (await targetNamed(found.target).load()).make(randomOf(found));
  } catch {
    return {};
  }
}

/** Reads the folder of a finding: its target and its input. */
export async function readFinding(folder: string): Promise<{ target: string; input: Input }> {
  const { target }: Finding = JSON.parse(await readFile(join(folder, findingFile), 'utf8'));
  const names = (await readdir(folder)).filter((name) => name !== findingFile).sort();
  const contents = await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))]));
  return { target, input: Object.fromEntries(contents) };
}
