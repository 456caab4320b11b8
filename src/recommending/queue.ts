import type { OpenKernel } from '../kernel/kernel.ts';
import { createScorer, type Lists, type Question } from './scorer.ts';

/** Scores together what is asked together. */
export interface Together<Answer> {
  ask(question: Question): Promise<Answer>;
  /** Resolves when everything that was asked is answered. */
  idle(): Promise<void>;
}

/**
 * The most multiplications (questions x candidates x factors) that are done on the calling thread: a fifth of a
 * millisecond in C++, one in WebAssembly, which is about what it takes to wake the threads and to hear from them.
 */
const mostWorkHere = 3e7;

/** Places in the lists of one call on the threads: 8 MiB. */
const mostPlaces = 2 ** 20;

/** Questions that one call can answer. */
interface Kind<Answer> {
  candidates: Question['candidates'];
  listed: boolean;
  /** A power of two; lists of very different lengths are not made together, since all are made as long as the longest. */
  longest: number;
  waiting: Waiting<Answer>[];
}

interface Waiting<Answer> {
  question: Question;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

const afterThisTurn: (run: () => void) => unknown =
  typeof setImmediate === 'function' ? setImmediate : (run) => setTimeout(run, 0);

/**
 * Collects what is asked in one turn of the event loop. Little work is done right after it on the calling thread; more is
 * done on the kernel's threads, and what is asked while these are busy goes to them next, together. `read` makes the
 * answer to the question at `index` of the lists.
 */
export function createTogether<Answer>(
  kernel: OpenKernel,
  read: (question: Question, lists: Lists, index: number) => Answer,
): Together<Answer> {
  const here = createScorer(kernel);
  const threads = createScorer(kernel);
  let kinds: Kind<Answer>[] = [];
  let collecting = false;
  let running: Promise<void> | undefined;

  function enter(waiting: Waiting<Answer>): void {
    const { candidates, allowed, n } = waiting.question;
    const listed = allowed !== undefined;
    let longest = 32;
    while (longest < n) longest *= 2;
    let kind = kinds.find((k) => k.candidates === candidates && k.listed === listed && k.longest === longest);
    if (!kind) {
      kind = { candidates, listed, longest, waiting: [] };
      kinds.push(kind);
    }
    kind.waiting.push(waiting);
    if (collecting) return;
    collecting = true;
    afterThisTurn(() => {
      collecting = false;
      start();
    });
  }

  function start(): void {
    const large: Kind<Answer>[] = [];
    for (const kind of kinds) {
      if (workOf(kind) > mostWorkHere) large.push(kind);
      else scoreHere(kind.waiting);
    }
    kinds = large;
    if (running || large.length === 0) return;
    const [first, ...others] = large;
    const asked = first.waiting.splice(0, Math.ceil(mostPlaces / first.longest));
    kinds = first.waiting.length > 0 ? [...others, first] : others;
    running = scoreOnThreads(asked);
  }

  function scoreHere(asked: Waiting<Answer>[]): void {
    try {
      finish(asked, here.here(asked.map(({ question }) => question)))();
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }

  async function scoreOnThreads(asked: Waiting<Answer>[]): Promise<void> {
    let tell = () => {};
    try {
      tell = finish(asked, await threads.onThreads(asked.map(({ question }) => question)));
    } catch (error) {
      tell = () => {
        for (const { reject } of asked) reject(error);
      };
    }
    // The threads get to work again before the answers go out.
    running = undefined;
    start();
    tell();
  }

  /** Reads the lists while they are there; what it returns hands the answers out. */
  function finish(asked: Waiting<Answer>[], lists: Lists): () => void {
    const answers = asked.map(({ question }, index) => read(question, lists, index));
    return () => {
      for (let i = 0; i < asked.length; i++) asked[i].resolve(answers[i]);
    };
  }

  return {
    ask: (question) => new Promise((resolve, reject) => enter({ question, resolve, reject })),
    async idle() {
      while (collecting || running) await (running ?? new Promise<void>(afterThisTurn));
    },
  };
}

/** Multiplications; a place in a list costs about as many as there are places to move when a candidate enters it. */
function workOf({ candidates, listed, longest, waiting }: Kind<unknown>): number {
  const scored = listed
    ? waiting.reduce((sum, { question }) => sum + (question.allowed?.length ?? 0), 0)
    : waiting.length * candidates.count;
  return scored * candidates.factors + waiting.length * 16 * longest * longest;
}
