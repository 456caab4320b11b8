import { firstOf } from '../../options.ts';
import type { Look, Note } from '../look.ts';

/** Files and columns that are named. */
const maxFiles = 3;
const maxNames = 5;

/** Compares the columns of tables with those of the first one. */
export interface ColumnComparison {
  add(look: Look): void;
  notes(): Note[];
}

export function createColumnComparison(): ColumnComparison {
  let first: { source: string; names: Map<string, string> } | undefined;
  const texts: string[] = [];
  let differing = 0;
  return {
    add({ source, names: own }) {
      const names = new Map(own.map((name) => [name.trim().toLowerCase(), name]));
      if (first === undefined) {
        first = { source, names };
        return;
      }
      const lacks = missing(first.names, names);
      const adds = missing(names, first.names);
      if (lacks.length + adds.length === 0) return;
      if (++differing > maxFiles) return;
      const parts = [
        ...(lacks.length > 0 ? [`it lacks ${firstOf(lacks, maxNames)}`] : []),
        ...(adds.length > 0 ? [`it adds ${firstOf(adds, maxNames)}`] : []),
      ];
      texts.push(`${source} has other columns than ${first.source}: ${parts.join('; ')}`);
    },
    notes() {
      if (differing === 0) return [];
      const more = differing - texts.length;
      return [
        { code: 'different-columns', text: `${texts.join('. ')}${more > 0 ? `. So do ${more} more files` : ''}.` },
      ];
    },
  };
}

/** The names of `all` that are not in `some`. */
function missing(all: ReadonlyMap<string, string>, some: ReadonlyMap<string, string>): string[] {
  return [...all].filter(([key]) => !some.has(key)).map(([, name]) => name);
}
