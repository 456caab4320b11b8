/** Shops to look at, served by the real command line. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SampleRecord, sampleOrders } from '../../src/sample/sample.ts';
import { begun } from '../cli/serving.ts';
import type { Known } from './visits.ts';

export interface ServedShop {
  /** Of the explorer. */
  readonly url: string;
  readonly known: Known;
  close(): Promise<void>;
}

/** Starts a shop; its model is trained first. */
export async function serveShop(known: Known, ...args: string[]): Promise<ServedShop> {
  const folder = await mkdtemp(join(tmpdir(), 'endcap-explorer-'));
  const shop = begun(['start', '--port', '0', '--folder', join(folder, 'data'), ...args], folder);
  try {
    const [, url] = await shop.saying(/Explorer: (\S+)\n/);
    return {
      ...{ url, known },
      async close() {
        shop.child.kill('SIGTERM');
        await shop.ran;
        await rm(folder, { recursive: true });
      },
    };
  } catch (error) {
    shop.child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

export const sample: Known = { customers: ['10840', '10276'], products: ['PAS-1007', 'SPI-1007'] };
export const onlineRetail: Known = { customers: ['17850', '12748'], products: ['85123A', '22423'] };

/** The title of a page that runs a name as a script. */
export const hostileTitle = 'owned';

/** What strangers call themselves, and shops their products. */
const hostile = [
  `<script>document.title="${hostileTitle}"</script>`,
  `"><img src=x onerror=document.title="${hostileTitle}">`,
  "'; -- {{7*7}} #{7*7} $7",
  `unbroken-${'x'.repeat(280)}`,
  '\u202Eתיבה אדומה\u202C 💥',
  '👩‍👩‍👧‍👦🏴‍☠️ Z̸̡̢̛̗͖̈́a̵l̷g̶o',
  '%2e%2e/%00?q=#&amp;',
  '..',
  'مرحبا بالعالم',
];

/** Writes orders of the made-up shop in which the busiest customers, the products that sell best, and all names are such. */
export async function writeHostileOrders(path: string): Promise<Known> {
  const lines = [...sampleOrders()];
  const columns = Object.keys(lines[0]) as (keyof SampleRecord)[];
  const names = { customer_id: called(lines, 'customer_id'), product_id: called(lines, 'product_id') };
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const rows = lines.map((line) => {
    const name = hostile[Number(/\d+$/.exec(line.product_id)?.[0] ?? 0) % hostile.length];
    const { customer_id, product_id } = line;
    return {
      ...line,
      ...{ product_name: name, category: `${name} category` },
      customer_id: names.customer_id.get(customer_id) ?? customer_id,
      product_id: names.product_id.get(product_id) ?? product_id,
    };
  });
  const text = rows.map((row) => columns.map((column) => cell(row[column])).join(','));
  await writeFile(path, `${columns.join(',')}\n${text.join('\n')}\n`);
  return { customers: hostile, products: hostile };
}

/** Hostile names for the most frequent ids of a column. */
function called(lines: readonly SampleRecord[], column: keyof SampleRecord): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  for (const { [column]: id } of lines) if (id.trim() !== '') counts.set(id, (counts.get(id) ?? 0) + 1);
  const ids = [...counts].sort((a, b) => b[1] - a[1]).map(([id]) => id);
  return new Map(hostile.map((name, i) => [ids[i], name]));
}
