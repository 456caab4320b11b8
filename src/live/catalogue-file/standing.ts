/** How the products of a model stand in the catalogue, by row. */

/** The field of a catalogue entry that has the mark of what a product file said last. */
export const markField = 'file';
/** The mark of a product that the file did not have when it was read last. */
export const absent = 0;

type Said = 'nothing' | 'yes' | 'no' | 'unsaid';
const words: readonly Said[] = ['nothing', 'yes', 'no', 'unsaid'];

interface StandingCounts {
  /** Those of which something is known, without those that are not in the file. */
  products: number;
  unavailable: number;
  /** Those that are not listed because a file does not have them. */
  notInFile: number;
  /** Those that a file has, and that can be bought. */
  listedOfFile: number;
}

export interface Standings {
  /**
   * @param available undefined if something is known of the product, but not this.
   * @param mark undefined if no file has said anything.
   */
  set(row: number, available: boolean | undefined, mark: number | undefined): void;
  /** Whether something is known of it. */
  has(row: number): boolean;
  /** Undefined if no file has said anything. */
  mark(row: number): number | undefined;
  /** Whether lists may hold it: once there is a file, what that has, and what others say can be bought. */
  mayBeListed(row: number): boolean;
  /** From now on, what a file does not have is not listed. */
  govern(): void;
  isGoverned(): boolean;
  counts(): StandingCounts;
}

/** @param count of products that the model has. */
export function createStandings(count: number): Standings {
  const said = new Uint8Array(count);
  let marks: Float64Array | undefined;
  let isGoverned = false;
  let counts: StandingCounts = { products: 0, unavailable: 0, notInFile: 0, listedOfFile: 0 };

  const mark = (row: number) => (marks === undefined || Number.isNaN(marks[row]) ? undefined : marks[row]);
  const isInFile = (row: number) => (mark(row) ?? absent) !== absent;
  const saidOf = (row: number) => words[said[row]];

  function add(row: number, by: 1 | -1): void {
    const what = saidOf(row);
    if (isGoverned && !isInFile(row) && what !== 'yes') counts.notInFile += by;
    else if (what !== 'nothing') {
      counts.products += by;
      if (what === 'no') counts.unavailable += by;
      else if (isInFile(row)) counts.listedOfFile += by;
    }
  }

  return {
    set(row, available, given) {
      add(row, -1);
      said[row] = words.indexOf(available === undefined ? 'unsaid' : available ? 'yes' : 'no');
      if (given !== undefined) marks ??= new Float64Array(count).fill(Number.NaN);
      if (marks) marks[row] = given ?? Number.NaN;
      add(row, 1);
    },
    has: (row) => saidOf(row) !== 'nothing',
    mark,
    mayBeListed(row) {
      const what = saidOf(row);
      return what === 'yes' || (what !== 'no' && (!isGoverned || isInFile(row)));
    },
    govern() {
      isGoverned = true;
      counts = { products: 0, unavailable: 0, notInFile: 0, listedOfFile: 0 };
      for (let row = 0; row < count; row++) add(row, 1);
    },
    isGoverned: () => isGoverned,
    counts: () => counts,
  };
}
