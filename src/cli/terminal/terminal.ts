/** What people see: results on stdout, notes and progress on stderr. */

const { stdout, stderr } = process;
const live = stderr.isTTY === true && process.env.TERM !== 'dumb';
let quiet = false;
let bar = '';

export function setQuiet(value: boolean): void {
  quiet = value;
}

/** Prose for `print`: long lines are broken at spaces. */
export function prose(...lines: string[]): string[] {
  return lines.map((line) => wrap(plain(line), room(stdout)));
}

/** Prints lines of a result to stdout. */
export function print(...lines: string[]): void {
  clearBar();
  stdout.write(`${lines.join('\n')}\n`);
}

/** Prints the result of a command with --json. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/**
 * Writes bytes to stdout. Resolves once they are on their way, so that a slow reader slows the writer down; never
 * resolves after an error, which ends the process elsewhere.
 */
export function pour(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => stdout.write(bytes, (error) => !error && resolve()));
}

/** Prints lines to stderr unless --quiet. Long lines are wrapped and keep their indentation. */
export function note(...lines: string[]): void {
  if (quiet) return;
  clearBar();
  for (const line of lines) stderr.write(`${wrap(plain(line), room(stderr))}\n`);
}

/** Prints to stderr even with --quiet. Lines stay whole unless stderr is a terminal: programs may search them. */
export function complain(text: string): void {
  clearBar();
  const lines = stderr.isTTY ? text.split('\n').map((line) => wrap(plain(line), room(stderr))) : [text];
  stderr.write(`${lines.join('\n')}\n`);
}

export interface Progress {
  /**
   * The share done, 0 to 1, if it is known, and a few words, or none. Without a terminal, `always` prints the line however soon
   * it comes.
   */
  at(share: number | undefined, words: string, always?: boolean): void;
  end(): void;
}

/** A bar that is redrawn on a terminal, a plain line every few seconds elsewhere, nothing with --quiet. */
export function progress(label: string): Progress {
  const everyMs = live ? 80 : 5000;
  let last = performance.now() - (live ? everyMs : 0);
  return {
    at(share, words, always = false) {
      const now = performance.now();
      if (quiet || (now - last < everyMs && !(always && !live))) return;
      last = now;
      const percent = share === undefined ? '' : `${Math.floor(Math.min(1, share) * 100)} %`;
      if (!live) {
        stderr.write(`${label}: ${[percent, words].filter(Boolean).join(', ')}\n`);
        return;
      }
      const full = Math.round(Math.min(1, share ?? 0) * 16);
      const known = share === undefined ? '' : ` [${'#'.repeat(full)}${'-'.repeat(16 - full)}] ${percent.padStart(5)} `;
      const line = `${label.padEnd(8)}${known} ${words}`;
      bar = line.slice(0, (stderr.columns ?? 80) - 1);
      stderr.write(`\r\x1b[2K${bar}`);
    },
    end: clearBar,
  };
}

function clearBar(): void {
  if (bar === '') return;
  bar = '';
  stderr.write('\r\x1b[2K');
}

/** Where nothing is known of the width, cells are cut to this, so that one long id does not push the rest out of sight. */
const maxCell = 200;
const minCell = 12;

/** Rows of cells in columns two spaces apart. Columns in `right` are right-aligned; the widest are cut to fit a terminal. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
): string[] {
  const cells = [header, ...rows].map((row) => row.map(plain));
  const widths = header.map((_, i) => Math.min(maxCell, Math.max(...cells.map((row) => widthOf(row[i])))));
  if (stdout.isTTY) fit(widths, stdout.columns - 2 * (header.length - 1));
  return cells.map((row) =>
    row
      .map((cell, i) => {
        const text = cut(cell, widths[i]);
        const padding = ' '.repeat(Math.max(0, widths[i] - widthOf(text)));
        return right.includes(i) ? padding + text : text + padding;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Narrows the widest columns until they take `total` together, but none below `minCell`. */
function fit(widths: number[], total: number): void {
  for (let over = widths.reduce((sum, width) => sum + width, -total); over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest] <= minCell) return;
    widths[widest]--;
  }
}

type Facts = readonly (readonly [string, string | undefined])[];

/** Prints names and values to stderr, as `facts` lays them out, unless --quiet. */
export function noteFacts(pairs: Facts): void {
  if (quiet) return;
  clearBar();
  for (const line of facts(pairs, stderr)) stderr.write(`${line}\n`);
}

/** Names and values in two columns; pairs without a value are left out. */
export function facts(pairs: Facts, stream: { columns?: number } = stdout): string[] {
  const given = pairs.filter((pair): pair is [string, string] => pair[1] !== undefined);
  const width = Math.max(...given.map(([name]) => name.length)) + 2;
  return given.map(([name, value]) => wrap(name.padEnd(width) + plain(value), room(stream), width));
}

export function count(value: number, noun?: string): string {
  // As toLocaleString does it, whose first call takes longer than a short command.
  const text = value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',');
  return noun === undefined ? text : `${text} ${noun}${value === 1 ? '' : 's'}`;
}

export function decimal(value: number): string {
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 2 : 4;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const unit = Math.min(3, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)));
  return unit === 0 ? count(bytes, 'byte') : `${(bytes / 1000 ** unit).toPrecision(3)} ${units[unit]}`;
}

export function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 9995 ? 2 : 1)} s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.floor((ms % 60_000) / 1000);
  return minutes < 60 ? `${minutes} min ${seconds} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Columns for prose: at most 100, since longer lines are hard to read. */
function room(stream: { columns?: number }): number {
  return Math.min(stream.columns ?? 100, 100);
}

/** Replaces control characters: a product's name must not move the cursor. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}

/** Cells of a terminal that a text takes: two for East Asian characters and emoji, none for combining marks. */
function widthOf(text: string): number {
  let width = 0;
  for (const letter of text) {
    if (/\p{Mn}|\u200d/u.test(letter)) continue;
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]|\p{Emoji_Presentation}/u.test(letter)
      ? 2
      : 1;
  }
  return width;
}

function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let result = '';
  for (const letter of text) {
    if (widthOf(result + letter) > width - 3) break;
    result += letter;
  }
  return `${result}...`;
}

/** Breaks a line at spaces. Continuations are indented by `indent`, by default as far as the first words after a number. */
function wrap(line: string, width: number, indent = indentOf(line)): string {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const at = rest.lastIndexOf(' ', width);
    if (at <= indent) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = ' '.repeat(indent) + rest.slice(at + 1);
  }
  return [...lines, rest].join('\n');
}

function indentOf(line: string): number {
  return /^ *(?:[\d,]+ {2})?/.exec(line)![0].length || 2;
}
