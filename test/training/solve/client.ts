/** Clients of `endcap solve`, in this process or over pipes. */
import type { ChildProcess } from 'node:child_process';
import type { KernelOptions } from '../../../src/kernel/open.ts';
import { answers, type Fill, fillFrom, frameOf, type Request, requests } from '../../../src/training/solve/protocol.ts';
import { solveBlocks } from '../../../src/training/solve/solve.ts';

export interface Answer {
  kind: number;
  arrays: Uint8Array[];
}

export interface Solver {
  /** Sends a request. Throws what an answer says is wrong, as text. */
  ask(request: Request, ...arrays: ArrayBufferView[]): Promise<Uint8Array[]>;
  /** Ends the requests, and waits for the other side to end. */
  end(): Promise<void>;
}

/** Reads an answer; undefined at the end. */
export async function readAnswer(fill: Fill): Promise<Answer | undefined> {
  const header = new Uint8Array(12);
  if ((await fill(header)) === 0) return undefined;
  const view = new DataView(header.buffer);
  const lengths = new Uint8Array(8 * view.getUint32(8, true));
  await fill(lengths);
  const bytes = Array.from({ length: lengths.length / 8 }, (_, i) =>
    Number(new DataView(lengths.buffer).getBigUint64(8 * i, true)),
  );
  const arrays: Uint8Array[] = [];
  for (const length of bytes) {
    const array = new Uint8Array(length);
    if ((await fill(array)) < length) throw new Error('an answer is cut');
    arrays.push(array);
  }
  return { kind: view.getUint16(6, true), arrays };
}

function solverOver(
  write: (bytes: Uint8Array) => unknown,
  bytes: AsyncIterable<Uint8Array>,
  end: () => Promise<void>,
): Solver {
  const fill = fillFrom(bytes);
  return {
    async ask(request, ...arrays) {
      for (const piece of frameOf(requests[request].kind, arrays)) await write(piece);
      const answer = await readAnswer(fill);
      if (!answer) throw new Error('the solver ended');
      if (answer.kind === answers.error)
        throw new Error(answer.arrays.map((text) => Buffer.from(text).toString()).join(': '));
      return answer.arrays;
    },
    end,
  };
}

/** A solver on a kernel of this process. */
export function solverHere(options: KernelOptions): Solver {
  const queue: Uint8Array[] = [];
  let wake: (() => void) | undefined;
  let ended = false;
  async function* source() {
    for (;;) {
      const next = queue.shift();
      if (next) yield next;
      else if (ended) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  const stream = solveBlocks(source(), options);
  const write = (bytes: Uint8Array) => {
    queue.push(bytes.slice());
    wake?.();
  };
  // A loop over a generator would end it after the first answer.
  const pieces = { [Symbol.asyncIterator]: () => ({ next: () => stream.next() }) };
  return solverOver(write, pieces, async () => {
    ended = true;
    wake?.();
    await stream.next();
  });
}

/** A solver that is a process. */
export function solverOf(child: ChildProcess): Solver {
  const write = (bytes: Uint8Array) => new Promise((resolve) => child.stdin!.write(bytes, resolve));
  // What is written to a process that died is an answer that never comes.
  child.stdin!.on('error', () => {});
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return solverOver(write, child.stdout!, async () => {
    child.stdin!.end();
    await exited;
  });
}

export const floatsOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new Float32Array(buffer as ArrayBuffer, byteOffset, byteLength / 4);
export const doublesOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new Float64Array(buffer as ArrayBuffer, byteOffset, byteLength / 8);
