/** Looks at every answer of the week: who gave it, what it may not hold, and how long it took. */

/** A list as the server sends it. */
export interface ListAnswer {
  recommendations: readonly { product: string }[];
  recommendation_id: string;
  source: string;
  model: string;
  experiment?: { name: string; arm: string };
}

export interface Seen {
  /** When the request was sent and answered, on the clock of this process, in ms. */
  readonly sent: number;
  readonly got: number;
}

interface Period {
  readonly from: number;
  until: number;
}

/**
 * What went on while a list was made: nothing else, customers, a training in another process, or what may let another model
 * answer.
 */
export type Bustle = 'nothing' | 'customers' | 'retraining' | 'changes';

export interface Latencies {
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
}

interface Rules {
  n: number;
  arm?: string;
  hides?: (product: string) => boolean;
  /** Whether the list is one of those that are asked for all the time, whose latencies are comparable. */
  isSteady?: boolean;
}

export interface Witness {
  readonly faults: string[];
  check(isRight: boolean, fault: string): void;
  list(answer: ListAnswer, seen: Seen, rules: Rules): void;
  /** From now on a product may not be listed, or may be again. Called after, or before, the server is told. */
  soldOut(product: string): void;
  backInStock(product: string): void;
  isSoldOut(product: string): boolean;
  /** Steady requests meanwhile are counted apart. */
  during<T>(what: Exclude<Bustle, 'nothing'>, work: () => Promise<T>): Promise<T>;
  /** A model answers since `from`; the one before it, until now. */
  answers(version: string, from: number): void;
  /** A model that answers for the arm of an experiment, all the time. */
  answersForArm(version: string): void;
  latencies(): Record<Bustle, Latencies>;
  /** Compares the versions of all answers with those that answered then. */
  finish(): void;
}

export function createWitness(): Witness {
  const faults: string[] = [];
  const gone = new Map<string, Period[]>();
  const served: (Period & { version: string })[] = [];
  const armVersions = new Set<string>();
  const versions: (Seen & { version: string; inArm: boolean })[] = [];
  const times: Record<Bustle, number[]> = { nothing: [], customers: [], retraining: [], changes: [] };
  const going = { customers: idle(), retraining: idle(), changes: idle() };

  const overlaps = ({ from, until }: Period, { sent, got }: Seen) => from <= got && until >= sent;
  /** Not listed for the whole of a request: what changes meanwhile may be in it or not. */
  const covers = ({ from, until }: Period, { sent, got }: Seen) => from <= sent && until >= got;

  function bustleAt({ sent }: Seen): Bustle {
    const isGoing = ({ count, last }: ReturnType<typeof idle>) => count > 0 || last >= sent;
    return (['changes', 'retraining', 'customers'] as const).find((what) => isGoing(going[what])) ?? 'nothing';
  }

  return {
    faults,
    check(isRight, fault) {
      if (!isRight) faults.push(fault);
    },
    list({ recommendations, recommendation_id, model, experiment }, seen, { n, arm, hides, isSteady }) {
      const products = recommendations.map(({ product }) => product);
      if (isSteady) times[bustleAt(seen)].push(seen.got - seen.sent);
      versions.push({ ...seen, version: model, inArm: arm !== undefined && armVersions.has(model) });
      if (products.length !== n) faults.push(`a list has ${products.length} products of ${n}`);
      if (new Set(products).size < products.length) faults.push(`a list has a product twice: ${products}`);
      if (!recommendation_id) faults.push('a list has no id');
      if (experiment?.arm !== arm) faults.push(`a list is of arm ${experiment?.arm}, not ${arm}`);
      for (const product of products) {
        if (gone.get(product)?.some((period) => covers(period, seen)))
          faults.push(`${product} is sold out, and listed`);
        if (hides?.(product)) faults.push(`${product} is hidden, and listed`);
      }
    },
    soldOut(product) {
      gone.set(product, [...(gone.get(product) ?? []), { from: performance.now(), until: Number.POSITIVE_INFINITY }]);
    },
    backInStock(product) {
      gone.get(product)!.at(-1)!.until = performance.now();
    },
    isSoldOut: (product) => gone.get(product)?.at(-1)?.until === Number.POSITIVE_INFINITY,
    async during(what, work) {
      going[what].count++;
      try {
        return await work();
      } finally {
        going[what].count--;
        going[what].last = performance.now();
      }
    },
    answers(version, from) {
      const last = served.at(-1);
      if (last) last.until = performance.now();
      served.push({ version, from, until: Number.POSITIVE_INFINITY });
    },
    answersForArm: (version) => void armVersions.add(version),
    latencies: () => ({
      nothing: summaryOf(times.nothing),
      customers: summaryOf(times.customers),
      retraining: summaryOf(times.retraining),
      changes: summaryOf(times.changes),
    }),
    finish() {
      const wrong = versions.filter(
        (seen) => !seen.inArm && !served.some((period) => period.version === seen.version && overlaps(period, seen)),
      );
      for (const version of new Set(wrong.map(({ version }) => version)))
        faults.push(
          `${wrong.filter((seen) => seen.version === version).length} lists are of ${version}, which was not served`,
        );
    },
  };
}

/** How much of something goes on, and when it last did. */
const idle = () => ({ count: 0, last: Number.NEGATIVE_INFINITY });

function summaryOf(times: readonly number[]): Latencies {
  const sorted = Float64Array.from(times).sort();
  const at = (share: number) => sorted[Math.floor(share * sorted.length)] ?? 0;
  return { requests: times.length, p50: at(0.5), p99: at(0.99) };
}
