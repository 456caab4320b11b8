import { throwIfAborted } from '../../errors.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { afterThisTurn, turn } from '../../turns.ts';
import type { Abortable } from '../types.ts';
import type { Candidates } from './candidates.ts';
import { createScorer, type Lists, type Query, type Ranked, rankedAt } from './scorer.ts';

/** Scores requests in batches. */
export interface RequestQueue {
  /**
   * The best candidates of a query, best first. Rejects with what scoring throws, and with `aborted` if the signal fired
   * before scoring began.
   */
  rank(query: Query, signal?: Abortable['signal']): Promise<Ranked[]>;
  /** Resolves once every request so far is answered. */
  idle(): Promise<void>;
}

/**
 * The largest batch that is scored on the calling thread, in multiplications (queries x candidates x factors). It takes a
 * fifth of a millisecond in C++ and one in WebAssembly, about as long as waking the threads and hearing from them.
 */
const maxWorkHere = 3e7;

/** The most list entries of one call on the threads: 8 MiB of rows and scores. */
const maxEntries = 2 ** 20;

/** List entries that are answered in one piece: whoever waits for them may go on to explain or to diversify them. */
const maxAnswered = 200;

/** Requests that one kernel call can score. */
interface Batch {
  candidates: Candidates;
  /** Whether the queries say which rows are allowed. */
  listed: boolean;
  mask: Query['mask'];
  /** Candidates of one group that a list may hold; 0 for no limit. */
  groupLimit: number;
  /** A power of two. All lists of a call are made as long as the longest, so very different lengths don't share one. */
  maxLength: number;
  requests: Request[];
}

interface Request {
  query: Query;
  signal: Abortable['signal'];
  /** Whether a turn has ended in which it could not be scored. */
  hasWaited: boolean;
  resolve(ranked: Ranked[]): void;
  reject(error: unknown): void;
}

/**
 * Collects the requests of one turn of the event loop into batches. Small batches are scored right after the turn on the
 * calling thread. Large ones go to the kernel's threads, one at a time; requests that arrive meanwhile join the batches that
 * wait. Requests that were aborted while they waited are left out.
 */
export function createQueue(kernel: OpenKernel): RequestQueue {
  const here = createScorer(kernel);
  const threads = createScorer(kernel);
  let batches: Batch[] = [];
  let isScheduled = false;
  let running: Promise<void> | undefined;
  /** Pieces of batches that are scored but not yet answered. */
  let unanswered = 0;

  function add(request: Request): void {
    const { candidates, allowed, limit, mask, n } = request.query;
    const groupLimit = limit?.groupLimit ?? 0;
    const listed = allowed !== undefined;
    let maxLength = 32;
    while (maxLength < n) maxLength *= 2;
    let batch = batches.find(
      (b) =>
        b.candidates === candidates &&
        b.listed === listed &&
        b.mask === mask &&
        b.groupLimit === groupLimit &&
        b.maxLength === maxLength,
    );
    if (!batch) {
      batch = { candidates, listed, mask, groupLimit, maxLength, requests: [] };
      batches.push(batch);
    }
    batch.requests.push(request);
    if (isScheduled) return;
    isScheduled = true;
    afterThisTurn(() => {
      isScheduled = false;
      start();
    });
  }

  function start(): void {
    const large: Batch[] = [];
    for (const batch of batches) {
      batch.requests = batch.requests.filter(isWanted);
      if (batch.requests.length === 0) continue;
      if (workOf(batch) > maxWorkHere) large.push(batch);
      else scoreHere(batch.requests);
    }
    batches = large;
    for (const { requests } of large) for (const request of requests) request.hasWaited = true;
    if (running || large.length === 0) return;
    const [first, ...others] = large;
    const requests = first.requests.splice(0, Math.ceil(maxEntries / first.maxLength));
    batches = first.requests.length > 0 ? [...others, first] : others;
    running = scoreOnThreads(requests);
  }

  function scoreHere(requests: Request[]): void {
    let answers: Ranked[][];
    try {
      answers = answersIn(here.here(queriesOf(requests)), requests);
    } catch (error) {
      fail(requests, error);
      return;
    }
    answer(requests, answers);
  }

  async function scoreOnThreads(requests: Request[]): Promise<void> {
    let settle: () => void;
    try {
      const answers = answersIn(await threads.onThreads(queriesOf(requests)), requests);
      settle = () => answer(requests, answers);
    } catch (error) {
      settle = () => fail(requests, error);
    }
    // The threads start on the next batch before these answers are used.
    running = undefined;
    start();
    settle();
  }

  /** Resolves the requests: some at once, and the others when it is their turn. */
  function answer(requests: readonly Request[], answers: readonly Ranked[][]): void {
    for (let next = 0; next < requests.length; ) {
      const first = next;
      for (let entries = 0; next < requests.length && entries < maxAnswered; next++) entries += answers[next].length;
      const end = next;
      const resolveThese = () => {
        for (let i = first; i < end; i++) requests[i].resolve(answers[i]);
        unanswered--;
      };
      unanswered++;
      if (first === 0) resolveThese();
      else turn().then(resolveThese);
    }
  }

  return {
    rank: (query, signal) =>
      new Promise((resolve, reject) => add({ query, signal, hasWaited: false, resolve, reject })),
    async idle() {
      while (isScheduled || running || unanswered > 0) await (running ?? new Promise<void>(afterThisTurn));
    },
  };
}

function queriesOf(requests: readonly Request[]): Query[] {
  return requests.map(({ query }) => query);
}

/** Whether somebody waits for the answer. Rejects the request if not. */
function isWanted({ signal, hasWaited, reject }: Request): boolean {
  try {
    if (typeof signal !== 'function') throwIfAborted(signal);
    else if (hasWaited) throwIfAborted(signal());
    return true;
  } catch (error) {
    reject(error);
    return false;
  }
}

/** Copies the answers out of the lists, which the scorer overwrites in its next call. */
function answersIn(lists: Lists, requests: readonly Request[]): Ranked[][] {
  return requests.map(({ query }, index) => rankedAt(lists, index, query.n));
}

function fail(requests: readonly Request[], error: unknown): void {
  for (const { reject } of requests) reject(error);
}

/**
 * Multiplications. An entry of a list costs as much as the entries that move when it enters, or as sorting a long list; the
 * strength of a neighbour, which is added far from the one before, as much as 500.
 */
function workOf({ candidates, listed, maxLength, requests }: Batch): number {
  const scored = listed
    ? requests.reduce((sum, { query }) => sum + (query.allowed?.length ?? 0), 0)
    : requests.length * candidates.count;
  return (
    scored * candidates.factors +
    requests.length * 16 * maxLength * Math.min(maxLength, 1024) +
    500 * additionsOf(requests)
  );
}

/** Strengths of neighbours that are added for what was bought, on average. */
function additionsOf(requests: readonly Request[]): number {
  const { formula, count } = requests[0].query.candidates;
  if (!formula?.neighbours) return 0;
  const bought = requests.reduce((sum, { query }) => sum + (query.bonus?.rows.length ?? 0), 0);
  return (bought * formula.neighbours.products.length) / count;
}
