/**
 * Runs the commands of the page "Larger" that need nothing but Endcap, as they are printed and in their order. Those that need
 * Spark or DuckDB are run by `everywhere/spark/larger.everywhere.ts`, which runs all.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../src/dataset/read.ts';
import { sampleCsv, sampleOrders } from '../src/sample/sample.ts';
import { shell } from './cli/run.ts';
import { pairsOf, pairsPart } from './exchange/pairs/pairs.ts';
import { parquetOf } from './orders/parquet/files.ts';
import { isQuick, scriptsOn, writeShop } from './support/page.ts';

const test = suite('the page "Larger"');
const page = readFileSync(new URL('../src/larger.md', import.meta.url), 'utf8');
const cwd = mkdtempSync(join(tmpdir(), 'endcap-larger-'));
test.after(() => rmSync(cwd, { recursive: true }));

test('its commands run as printed', async () => {
  const text = [...sampleCsv({ lines: 3000 })].join('');
  const orders = await readOrders([Buffer.from(text)], { format: 'csv' });
  mkdirSync(join(cwd, 'orders'));
  writeFileSync(join(cwd, 'orders/part-00000.csv'), text);
  writeFileSync(join(cwd, 'orders/_SUCCESS'), '');
  mkdirSync(join(cwd, 'pairs'));
  writeFileSync(join(cwd, 'pairs/part-00000.parquet'), pairsPart(pairsOf(orders)));
  writeFileSync(join(cwd, 'pairs/_SUCCESS'), '');
  const names = orders.productInfo.map(({ name }) => name);
  const products = [
    { name: 'product', data: [...orders.products] },
    { name: 'name', data: names },
  ];
  writeFileSync(join(cwd, 'products.parquet'), parquetOf(products));
  writeShop(join(cwd, 'shop.db'), sampleOrders({ lines: 3000 }));
  const scripts = scriptsOn(page).filter(isQuick);
  assert.ok(scripts.length >= 5);
  for (const script of scripts) {
    const env = { DATABASE_URL: 'sqlite:shop.db' };
    const { code, stderr } = await shell(`set -e\nnpx() { shift; endcap "$@"; }\n${script}`, { cwd, env });
    assert.is(code, 0, `${script}\n${stderr}`);
  }
});

test('the tables of an export have the columns that it lists', () => {
  for (const [, file, cells] of page.matchAll(/^\| `(\w+\.parquet)` \| [^|]+ \| (.*) \|$/gm)) {
    const { buffer, byteOffset, byteLength } = readFileSync(join(cwd, 'export', file));
    const { schema } = parquetMetadata(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
    const columns = schema.map(({ name }) => name).filter((name) => !['endcap', 'list', 'element'].includes(name));
    const listed = Array.from(cells.matchAll(/`(\w+)`/g), ([, name]) => name);
    assert.equal(columns, listed, file);
  }
  assert.ok(existsSync(join(cwd, 'export/model.json')));
});

test('every link leads somewhere', () => {
  for (const [, file, anchor] of page.matchAll(/\]\(([^)#]*)#?([^)]*)\)/g)) {
    const path = new URL(file === '' ? 'larger.md' : file, new URL('../src/', import.meta.url));
    const headings = Array.from(readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm), ([, heading]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    assert.ok(anchor === '' || headings.includes(anchor), `${file}#${anchor}`);
  }
});

test.run();
