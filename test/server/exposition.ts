/** A strict reader of the text format of Prometheus, which says what `promtool check metrics` would complain of. */

interface Family {
  type: string;
  help?: string;
  /** Labels and value of each sample, by name and labels. */
  samples: Map<string, { name: string; labels: Readonly<Record<string, string>>; value: number }>;
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const labelPair = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;
const suffixes: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/** @throws what is wrong with the text, and in which line. */
export function readExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, Family>();
  let current = '';
  for (const [i, line] of text.slice(0, -1).split('\n').entries()) {
    const refuse = (what: string) => new Error(`line ${i + 1}: ${what}: ${line}`);
    if (line === '') continue;
    const [, kind, about, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      if (families.has(about)) throw refuse('a family comes twice');
      families.set(about, { type: 'untyped', help: rest, samples: new Map() });
      current = about;
    } else if (kind === 'TYPE') {
      const family = families.get(about);
      if (about !== current || !family || family.samples.size > 0) throw refuse('the type is not below its help');
      if (!['counter', 'gauge', 'histogram', 'summary'].includes(rest)) throw refuse('no type');
      family.type = rest;
    } else readSample(line, current, families, refuse);
  }
  for (const [name, family] of families) checkFamily(name, family);
  return families;
}

function readSample(line: string, family: string, families: Map<string, Family>, refuse: (what: string) => Error) {
  const [, name, labelText = '', valueText] = sampleLine.exec(line) ?? [];
  const of = families.get(family);
  if (name === undefined || !of) throw refuse('neither a comment nor a sample of a family');
  if (!(suffixes[of.type] ?? ['']).some((suffix) => name === family + suffix)) throw refuse(`no sample of ${family}`);
  const labels: Record<string, string> = {};
  labelPair.lastIndex = 0;
  let end = 0;
  for (const [whole, label, value] of labelText.matchAll(labelPair)) {
    if (label in labels || label.startsWith('__')) throw refuse('a label is reserved or comes twice');
    labels[label] = value;
    end += whole.length;
  }
  if (end !== labelText.length) throw refuse('the labels cannot be read');
  const value = valueText === '+Inf' ? Infinity : Number(valueText);
  if (Number.isNaN(value) && !/^nan$/i.test(valueText)) throw refuse('no number');
  const key = `${name}${JSON.stringify(Object.entries(labels).sort())}`;
  if (of.samples.has(key)) throw refuse('a sample comes twice');
  of.samples.set(key, { name, labels, value });
}

function checkFamily(name: string, { type, samples }: Family): void {
  if (type === 'counter' && !name.endsWith('_total')) throw new Error(`the counter ${name} does not end in _total`);
  if (type !== 'counter' && name.endsWith('_total')) throw new Error(`${name} ends in _total and is no counter`);
  if (type !== 'histogram') return;
  const below = new Map<string, number>();
  for (const sample of samples.values()) {
    const { le, ...labels } = sample.labels;
    const of = JSON.stringify(labels);
    if (sample.name.endsWith('_bucket')) {
      if (sample.value < (below.get(of) ?? 0)) throw new Error(`the buckets of ${name} shrink`);
      below.set(of, sample.value);
    }
    if (sample.name.endsWith('_count') && below.get(of) !== sample.value)
      throw new Error(`the last bucket of ${name} is not the count`);
  }
}
