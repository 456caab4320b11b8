import { evenBounds, type OpenKernel } from '../../kernel/kernel.ts';
import { type Buffer, createBuffer, shareIn } from '../../kernel/memory.ts';
import { type Shared, scratchLength } from '../../kernel/operations/operations.ts';
import type { Neighbours } from '../../model/model.ts';
import { maxNeighbours } from '../../ranking/formula.ts';
import type { Pace } from '../../turns.ts';
import type { RowLists } from './scorer.ts';

/** What customers buy with each product, and how much it counts. All arrays are in kernel memory. */
export interface NeighbourTerm extends Neighbours {
  /** Above 0. */
  readonly weight: number;
}

/** The term of a model's formula; undefined if it has none. Arrays are copied only if the kernel cannot use them in place. */
export function neighbourTerm(
  { memory }: Pick<OpenKernel, 'memory'>,
  neighbours: Neighbours | undefined,
  weight = 0,
): NeighbourTerm | undefined {
  if (!neighbours || weight === 0) return undefined;
  return {
    weight,
    offsets: shareIn(memory, Uint32Array, neighbours.offsets),
    products: shareIn(memory, Uint32Array, neighbours.products),
    strengths: shareIn(memory, Float32Array, neighbours.strengths),
  };
}

/** What queries bought, in kernel memory: a bonus for each of the rows, 0 for all if absent. */
type Bought = RowLists;

/**
 * Makes the bonus lists of queries: what they bought, ascending, and then the `maxNeighbours` products with the largest part of
 * the neighbours, in any order; or only what they bought.
 */
export interface Raiser {
  /** On the calling thread. The lists are valid until the next call. */
  here(bought: Bought, queries: number, scope?: 'bought'): Required<RowLists>;
  /** On the kernel's threads; one call at a time. */
  onThreads(bought: Bought, queries: number, scope?: 'bought', pace?: Pace): Promise<Required<RowLists>>;
  free(): void;
}

/** Queries of one kernel call, which first clears a number for each product. */
const queriesInCall = 64;

/** Its buffers are kept from call to call. */
export function createRaiser(kernel: OpenKernel, { weight, offsets, products, strengths }: NeighbourTerm): Raiser {
  const { memory, operations } = kernel;
  const count = offsets.length - 1;
  const most = Math.min(maxNeighbours, count);
  const buffers: (Buffer<Uint32Array> | Buffer<Float32Array>)[] = [];
  const keep = <B extends (typeof buffers)[number]>(buffer: B): B => {
    buffers.push(buffer);
    return buffer;
  };
  const bonusOffsets = keep(createBuffer(memory, Uint32Array));
  const bonusRows = keep(createBuffer(memory, Uint32Array));
  const bonusValues = keep(createBuffer(memory, Float32Array));
  const scratch = keep(createBuffer(memory, Float32Array));

  function argumentsOf(bought: Bought, queries: number, scope?: 'bought'): Shared<'neighbourBonuses'> {
    const room = scope === 'bought' ? 0 : most;
    const ends = bonusOffsets(queries + 1);
    for (let q = 0; q <= queries; q++) ends[q] = bought.offsets[q] - bought.offsets[0] + q * room;
    return {
      boughtOffsets: bought.offsets,
      boughtRows: bought.rows,
      boughtBonuses: bought.bonuses,
      neighbourOffsets: offsets,
      neighbourRows: products,
      strengths,
      count,
      weight,
      bonusOffsets: ends,
      bonusRows: bonusRows(ends[queries]),
      bonuses: bonusValues(ends[queries]),
    };
  }

  const listsOf = ({ bonusOffsets: offsets, bonusRows: rows, bonuses }: Shared<'neighbourBonuses'>) => ({
    offsets,
    rows,
    bonuses,
  });

  return {
    here(bought, queries, scope) {
      const args = argumentsOf(bought, queries, scope);
      const own = { scratch: scratch(scratchLength.neighbourBonuses(count)), begin: 0, end: queries };
      // Assigned, since a spread would copy the wide record.
      operations.neighbourBonuses(Object.assign(args, own));
      return listsOf(args);
    },
    async onThreads(bought, queries, scope, pace) {
      const args = argumentsOf(bought, queries, scope);
      await kernel.run('neighbourBonuses', args, evenBounds(queries, queriesInCall), pace);
      return listsOf(args);
    },
    free: () => memory.free(...buffers.map((buffer) => buffer(0))),
  };
}
