/** The kernel's three declarations, in C++, AssemblyScript and TypeScript, read as text and held against each other. */
import { readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { definitions } from '../../src/kernel/operations/definitions.ts';
import {
  byteOffset,
  candidateBytes,
  dualCost,
  gradientsCost,
  longRow,
  maxFactors,
  maxMagnitude,
  noGroup,
  noRow,
  panelHead,
  panelWidth,
  pivotRows,
  primalCost,
  rootMargin,
  scratchFloats,
  seriesTerms,
  shortList,
  smallestScale,
  solvers,
} from '../../src/kernel/operations/operations.ts';
import {
  dateOrders,
  numberingCount,
  recordFormat,
  recordInts,
  recordState,
  stopped,
  textPadding,
} from '../../src/kernel/operations/record-layout.ts';

const test = suite('twins');

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const withoutComments = (text: string) => text.replace(/\/\/.*$/gm, '');
const sourcesOf = (folder: string, ending: RegExp) =>
  readdirSync(new URL(folder, root))
    .filter((name) => ending.test(name) && !name.endsWith('.d.ts'))
    .map((name) => withoutComments(read(folder + name)))
    .join('\n');
const header = withoutComments(read('native/kernels.hpp'));
const cpp = sourcesOf('native/', /pp$/);
const assembly = sourcesOf('assembly/', /\.ts$/);
const assemblyTable = withoutComments(read('assembly/kernels.ts'));

const names = Object.keys(definitions);

/** Each operation's arguments in order, as names and machine types: `f32*`, `u32`, ... */
type Signatures = Record<string, string[]>;

const table: Signatures = Object.fromEntries(
  Object.entries(definitions).map(([name, { args }]) => [
    name,
    Object.entries(args).map(([argument, kind]) => {
      if (kind === 'scratch') return `${argument}: f32*`;
      if (/^(f32|u32|f64|u8)/.test(kind)) return `${argument}: ${kind.slice(0, 3)}*`;
      return `${argument}: ${kind === 'number' ? 'f32' : 'u32'}`;
    }),
  ]),
);

const machineTypes: Record<string, string> = { float: 'f32', double: 'f64', uint32_t: 'u32', uint8_t: 'u8' };

function cppArguments(list: string): string[] {
  return list.split(',').map((argument) => {
    const [, type, pointer, name] = /^\s*(?:const )?(\w+)(\*?) (\w+)\s*$/.exec(argument) ?? [];
    assert.ok(name, `${argument} is not an argument`);
    return `${name}: ${machineTypes[type]}${pointer}`;
  });
}

test('the C++ table declares the operations of the TypeScript table, in order, with the same arguments', () => {
  const declared = [...header.matchAll(/uint32_t \(\*(\w+)\)\(([^)]*)\)/g)];
  assert.equal(
    declared.map(([, name]) => name),
    names,
  );
  for (const [, name, list] of declared) assert.equal(cppArguments(list), table[name], name);
});

test('every C++ definition has the arguments of its declaration', () => {
  for (const name of names) {
    const [, list] = new RegExp(`^uint32_t ${name}\\(([^)]*)\\) \\{`, 'm').exec(cpp) ?? [];
    assert.ok(list, name);
    assert.equal(cppArguments(list), table[name], name);
  }
});

test('C++ lists the operations in the same order where it binds and exports them', () => {
  const bound = [...cpp.matchAll(/bind\(operations, "(\w+)", kernels\.(\w+)\)/g)];
  assert.equal(
    bound.map(([, name]) => name),
    names,
  );
  for (const [, name, member] of bound) assert.is(member, name);
  const [, exported] = /ENDCAP_TEXT\(ENDCAP_ISA\),([^}]*)\}/.exec(cpp) ?? [];
  assert.equal(exported.match(/\w+/g), names);
});

test('AssemblyScript exports the same operations in the same order, with the same arguments', () => {
  const exported = [...assemblyTable.matchAll(/export (?:\{([^}]*)\}|function (\w+))/g)].flatMap(([, list, name]) =>
    name ? [name] : (list.match(/\w+/g) ?? []),
  );
  assert.equal(exported, names);
  for (const name of names) {
    const [, list] = new RegExp(`export function ${name}\\(([^)]*)\\): u32`).exec(assembly) ?? [];
    assert.ok(list, name);
    const args = list
      .split(',')
      .map((argument) => argument.trim())
      .filter((argument) => argument !== '');
    assert.equal(
      args,
      table[name].map((argument) => argument.replace(/: \w+\*/, ': usize')),
      name,
    );
  }
});

/** The values of every `name = number` of a source, as 32-bit floats; instruction sets may differ in some. */
function constants(text: string, declaration: RegExp): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const [, list] of text.matchAll(declaration))
    for (const [, name, value] of list.matchAll(/(\w+)(?:: \w+)? = ([^,;}]+)/g)) {
      const number = numberOf(value.trim());
      const known = found.get(name) ?? [];
      if (number !== undefined && !known.includes(number)) found.set(name, [...known, number]);
    }
  return found;
}

/** A literal, or two with one operator between them. */
function numberOf(text: string): number | undefined {
  const [, left, operator, right] = /^(\S+?)(?: (<<|\*) (\S+))?$/.exec(text) ?? [];
  const literal = (word = '') => {
    const [, mantissa, exponent] = /^0x([\da-f]+)p([-+]?\d+)f$/i.exec(word) ?? [];
    if (mantissa) return Number.parseInt(mantissa, 16) * 2 ** Number(exponent);
    return /^-?(0x[\da-f]+|[\d.]+(e[-+]?\d+)?f?)$/i.test(word)
      ? Number(/^0x/i.test(word) ? word : word.replace(/f$/, ''))
      : NaN;
  };
  const value =
    operator === '<<' ? literal(left) << literal(right) : operator ? literal(left) * literal(right) : literal(left);
  return Number.isNaN(value) ? undefined : Math.fround(value);
}

const cppConstants = constants(cpp, /(?:constexpr [\w ]+? |enum : uint32_t \{\s*)(\w+ = [^;}]*[;}])/g);
const assemblyConstants = constants(assembly, /(?:^|\n)(?:export )?const ([^;]*;)/g);

/** What `cleanRecords` and its caller find where, by the names in C++ and AssemblyScript. */
const layout = Object.entries({ format: recordFormat, state: recordState, count: numberingCount }).flatMap(
  ([prefix, places]) =>
    Object.entries(places).map(([name, place]) => [prefix + name[0].toUpperCase() + name.slice(1), place] as const),
);

/** What all backends must agree on: the bound of the first pass, limits, and where algorithms stop and choose. */
const shared = {
  scoring: [
    'panelWidth',
    'noRow',
    'noGroup',
    'shortList',
    'briefList',
    'byteOffset',
    'candidateBytes',
    'queryBytes',
    'unbounded',
    'smallestScale',
    'largestValue',
    'slack',
    'rootMargin',
    'squareMargin',
    'dotRoundings',
    'dotRounding',
    'farAway',
    'largestGap',
    'largestInverse',
    'largestLimit',
    'limitMargin',
    'largeBonusShare',
    'boundedRows',
    'boundSteps',
    'maxWaiting',
    'blockBytes',
  ],
  neighbours: ['clearedAtOnce', 'untouched'],
  als: ['summedFloats', 'convergedSquares', 'cheapest', 'primal', 'exact', 'cheapestDiagonal'],
  sweep: ['pivotRows'],
  eigen: ['maxSweeps', 'maxTries', 'negligible', 'rotationsPerColumn', 'rotatedRows', 'rotatedLength'],
  adam: ['beta1', 'beta2', 'epsilon', 'run', 'seriesTerms', 'smallestRoot'],
  records: [
    ...layout.map(([name]) => name),
    ...Object.keys({ ...stopped, ...dateOrders }),
    ...['textPadding', 'noId', 'unusualId', 'noRoom', 'shortBytes', 'storedBytes', 'maxRecord', 'doubledQuotes'],
    ...['placeInts', 'nameAt', 'categoryAt', 'priceFloats', 'inQuotes', 'noValue', 'dayMs'],
  ],
};

test('constants that are written in C++ and in AssemblyScript have the same values', () => {
  for (const name of Object.values(shared).flat()) {
    assert.is(cppConstants.get(name)?.length, 1, `${name} in C++`);
    assert.equal(assemblyConstants.get(name), cppConstants.get(name), name);
  }
});

test('a constant that both languages have is compared, unless their registers make it differ', () => {
  // Rows in a group of sums, and columns in a strip: as many as V8 and each instruction set have registers for.
  const own = ['group', 'stripWidth', 'tileQueries', 'panelHead', 'quadWords'];
  const both = [...cppConstants.keys()].filter((name) => assemblyConstants.has(name) && !own.includes(name));
  assert.equal(
    both.filter((name) => !Object.values(shared).flat().includes(name)),
    [],
  );
});

test('limits, solvers and lengths of scratch that are written in C++ and in TypeScript are the same', () => {
  for (const [name, value] of Object.entries({
    maxFactors,
    maxMagnitude,
    noGroup,
    noRow,
    byteOffset,
    candidateBytes,
    panelHead,
    panelWidth,
    pivotRows,
    rootMargin,
    seriesTerms,
    shortList,
    smallestScale,
    ...solvers,
    ...scratchFloats,
    ...stopped,
    ...dateOrders,
    ...Object.fromEntries(layout),
    textPadding,
    placeInts: recordInts.place,
    priceFloats: recordInts.price,
  }))
    assert.equal(cppConstants.get(name), [Math.fround(value)], name);
  assert.equal(cppConstants.get('longFloats'), [16 * longRow(16)]);
});

test('what a solver costs is reckoned alike in all three languages', () => {
  for (const [name, costOf] of Object.entries({ primalCost, dualCost, gradientsCost })) {
    const inCpp = new RegExp(`double ${name}\\(([^)]*)\\) \\{\\s*return ([^;]*);`).exec(cpp);
    const inAssembly = new RegExp(`function ${name}\\(([^)]*)\\): f64 \\{\\s*return ([^;]*);`).exec(assembly);
    assert.ok(inCpp && inAssembly, name);
    const costs = [inCpp, inAssembly].map(
      ([, , expression]) => new Function('pairs', 'factors', 'steps', `return ${expression}`),
    );
    for (const [pairs, factors, steps] of [
      [1, 1, 1],
      [3, 128, 3],
      [700, 16, 2],
      [50, 33, 10],
    ]) {
      const expected = costOf(pairs, factors, steps);
      for (const cost of costs) assert.is(cost(pairs, factors, steps), expected, name);
    }
  }
});

test.run();
