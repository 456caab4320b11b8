/** The lines of the reference that pipe other programs into Endcap, run as they are printed. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import * as assert from 'uvu/assert';
import { loadModel } from '../../src/model/file/file.ts';
import { shell } from '../cli/run.ts';
import { scriptsOn } from './page.ts';

const page = readFileSync(new URL('../../src/README.md', import.meta.url), 'utf8');

/** The line that begins with a program. */
export function pipeOf(program: string): string {
  const line = scriptsOn(page)
    .flatMap((script) => script.replaceAll('\\\n', ' ').split('\n'))
    .find((each) => each.startsWith(`${program} `) && each.includes('| npx endcap'));
  assert.ok(line, `the reference pipes no ${program}`);
  return line!;
}

/** Why a program is not here; undefined if it is. */
export function absentProgram(name: string): string | undefined {
  const isHere = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
  return isHere ? undefined : `${name} is not installed`;
}

const names = [
  'Tea, green',
  '"Best" tea',
  '12" pan',
  'tab\there',
  'line\nbreak',
  'back\\slash',
  '"',
  'Café 😀',
  'NULL',
];

/** Order lines whose names are those that a table of text goes wrong with. */
export const pipedOrders = Array.from({ length: 90 }, (_, i) => ({
  order_id: 9_007_199_254_740_993n + BigInt(i >> 1),
  customer_id: i % 11 === 10 ? null : `00${i % 7}`,
  product_id: i % 9 === 1 ? '"p1"' : `p${i % 9}`,
  product_name: names[i % 9],
  quantity: 1 + (i % 3),
  price: '12.50',
  ordered_at: `2024-${i < 45 ? '01' : '02'}-${String(1 + (i % 28)).padStart(2, '0')} 10:00:00`,
}));

const quoted = (value: unknown) => (value === null ? '' : `"${String(value).replaceAll('"', '""')}"`);

/** The order lines as CSV with quotes around every cell. */
export function pipedCsv(end = '\n', cell = quoted): string {
  const rows = [Object.keys(pipedOrders[0]), ...pipedOrders.map((row) => Object.values(row))];
  return rows.map((row) => row.map(cell).join() + end).join('');
}

/** A literal of SQL, whose backslashes mean nothing, or those of MySQL. */
function literal(value: unknown, backslash = '\\'): string {
  if (value === null) return 'NULL';
  return `'${String(value).replaceAll("'", "''").replaceAll('\\', backslash)}'`;
}

/** INSERT statements for all order lines. */
export function pipedInsert(backslash?: string): string {
  const rows = pipedOrders.map((row) => `(${Object.values(row).map((value) => literal(value, backslash))})`);
  return `INSERT INTO orders VALUES ${rows.join()}`;
}

/** Runs a line in a folder, and returns what the model says of the orders that it was trained on. */
export async function trainedBy(line: string, env: Record<string, string> = {}, cwd?: string) {
  const folder = cwd ?? mkdtempSync(join(tmpdir(), 'endcap-pipe-'));
  try {
    const { code, stderr } = await shell(`set -e\nnpx() { shift; endcap "$@" --fast; }\n${line}`, { cwd: folder, env });
    assert.is(code, 0, stderr);
    const { productInfo, metadata } = await loadModel(join(folder, 'model.safetensors'));
    return { fingerprint: metadata.fingerprint, names: productInfo.map(({ name }) => name) };
  } finally {
    if (cwd === undefined) rmSync(folder, { recursive: true });
  }
}
