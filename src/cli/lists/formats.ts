/** Writes the lists of all customers as JSON lines, CSV, or Parquet, block by block. */
import type { Model } from '../../model/model.ts';
import { csvCell } from '../../page/csv-cell.ts';
import { noRow, type RecommendationBlock } from '../../recommending/types.ts';

export type BatchFormat = 'jsonl' | 'csv' | 'parquet';

export interface BatchWriter {
  /** Resolves with the number of recommendations, once the bytes are passed on. The next block must wait for it. */
  write(block: RecommendationBlock): Promise<number>;
  end(): Promise<void>;
}

export type Append = (bytes: Uint8Array) => Promise<void>;

export interface CsvOptions {
  /** Whether ids are as they are, even if a spreadsheet would run them; see `csvCell`. */
  rawCells?: boolean;
  /** By default there is a line with the names of the columns. */
  hasHeader?: boolean;
}

export async function openBatchWriter(
  format: BatchFormat,
  model: Model,
  append: Append,
  options: CsvOptions = {},
): Promise<BatchWriter> {
  if (format === 'parquet') return (await import('./parquet-lists.ts')).openParquet(model, append);
  return format === 'csv' ? openCsv(model, append, options) : openJsonLines(model, append);
}

/** One line per customer: `{"customer":"1","recommendations":[{"product":"P","score":0.5}]}`. */
function openJsonLines(model: Model, append: Append): BatchWriter {
  const out = createText(append);
  const products = model.products.map((id) => Buffer.from(`{"product":${JSON.stringify(id)},"score":`));
  const between = Buffer.from('},');
  const last = Buffer.from('}]}\n');
  const none = Buffer.from(']}\n');
  return {
    async write({ firstCustomer, customers, n, rows, scores }) {
      let written = 0;
      for (let c = 0; c < customers; c++) {
        await out.room();
        out.text(`{"customer":${JSON.stringify(model.customers[firstCustomer + c])},"recommendations":[`);
        let i = c * n;
        const end = i + n;
        if (rows[i] === noRow) out.bytes(none);
        for (; i < end && rows[i] !== noRow; i++) {
          out.bytes(products[rows[i]]);
          out.score(scores[i]);
          written++;
          out.bytes(i + 1 < end && rows[i + 1] !== noRow ? between : last);
        }
      }
      await out.flush();
      return written;
    },
    end: out.flush,
  };
}

/** One row per recommendation: `customer,rank,product,score`. */
function openCsv(model: Model, append: Append, { rawCells = false, hasHeader = true }: CsvOptions): BatchWriter {
  const out = createText(append);
  const cell = (id: string) => csvCell(id, rawCells);
  const products = model.products.map((id) => Buffer.from(`${cell(id)},`));
  const line = Buffer.from('\n');
  const ranks: Buffer[] = [];
  if (hasHeader) out.text('customer,rank,product,score\n');
  return {
    async write({ firstCustomer, customers, n, rows, scores }) {
      let written = 0;
      for (let rank = ranks.length; rank < n; rank++) ranks.push(Buffer.from(`,${rank + 1},`));
      for (let c = 0; c < customers; c++) {
        await out.room();
        const customer = Buffer.from(cell(model.customers[firstCustomer + c]));
        for (let rank = 0; rank < n && rows[c * n + rank] !== noRow; rank++) {
          const i = c * n + rank;
          out.bytes(customer);
          out.bytes(ranks[rank]);
          out.bytes(products[rows[i]]);
          out.score(scores[i]);
          out.bytes(line);
          written++;
        }
      }
      await out.flush();
      return written;
    },
    end: out.flush,
  };
}

/** Collects text as bytes and passes them on when the buffer fills: strings would cost several times what scoring does. */
function createText(append: Append) {
  let buffer = Buffer.allocUnsafe(1 << 20);
  let at = 0;

  function reserve(bytes: number): void {
    if (at + bytes <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * buffer.length, at + bytes));
    buffer.copy(larger, 0, 0, at);
    buffer = larger;
  }

  async function flush(): Promise<void> {
    if (at > 0) await append(buffer.subarray(0, at));
    at = 0;
  }

  return {
    flush,
    /** Makes room; await it between customers. */
    room: () => (at > 1 << 19 ? flush() : undefined),
    text(text: string): void {
      reserve(3 * text.length);
      at += buffer.write(text, at);
    },
    bytes(bytes: Buffer): void {
      reserve(bytes.length);
      for (let i = 0; i < bytes.length; i++) buffer[at + i] = bytes[i];
      at += bytes.length;
    },
    score(score: number): void {
      reserve(32);
      at = writeScore(buffer, at, score);
    },
  };
}

const powers = Float64Array.from({ length: 13 }, (_, i) => 10 ** i);

/**
 * Writes a float with nine significant digits, enough to read back the same float, and returns where the text ends. The
 * product with the power of ten is exact in a double: 24 bits of the float, and 28 of 5^12.
 */
export function writeScore(into: Uint8Array, at: number, score: number): number {
  let value = Math.abs(score);
  if (!(value >= 1e-4 && value < 1e8)) {
    const text = String(Number(score.toPrecision(9)));
    for (let i = 0; i < text.length; i++) into[at + i] = text.charCodeAt(i);
    return at + text.length;
  }
  if (score < 0) into[at++] = 45;
  let decimals = 8;
  if (value < 1) for (let x = value; x < 1; x *= 10) decimals++;
  else for (let x = value; x >= 10; x /= 10) decimals--;
  value = Math.round(value * powers[decimals]);
  const whole = Math.floor(value / powers[decimals]);
  let rest = value - whole * powers[decimals];
  at = writeDigits(into, at, whole, 1);
  if (rest === 0) return at;
  for (; rest % 10 === 0; decimals--) rest /= 10;
  into[at++] = 46;
  return writeDigits(into, at, rest, decimals);
}

/** Writes a whole number below 2^31 with at least `minDigits` digits. */
function writeDigits(into: Uint8Array, at: number, value: number, minDigits: number): number {
  let digits = minDigits;
  while (digits < 10 && value >= powers[digits]) digits++;
  let remaining = value | 0;
  for (let i = at + digits - 1; i >= at; i--) {
    const tenth = (remaining / 10) | 0;
    into[i] = 48 + remaining - 10 * tenth;
    remaining = tenth;
  }
  return at + digits;
}
