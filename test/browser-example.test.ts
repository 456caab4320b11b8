/** The page in `test/examples/browser/`: it trains on a file that is dropped onto it, sends nothing, and lists what Node lists. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../src/dataset/read.ts';
import { loadModel } from '../src/model/file/file.ts';
import { createRecommender } from '../src/recommending/create.ts';
import type { Recommender } from '../src/recommending/types.ts';
import { sampleCsv } from '../src/sample/sample.ts';
import { train } from '../src/tuning/train.ts';
import { serve } from './examples/browser/serve.mjs';
import {
  absentBrowser,
  accessibilityProblems,
  type Browser,
  openBrowser,
  openTab,
  overflow,
  type Tab,
} from './explorer/browser.ts';
import { testUnless } from './support/skip.ts';

const test = suite<{ browser: Browser; folder: string; csv: string; expected: Recommender }>('the browser example');

// All engines round these alike.
const kernel = { backend: 'wasm', isa: 'simd', threads: 1 } as const;

test.before(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'endcap-browser-'));
  context.csv = join(context.folder, 'orders.csv');
  await writeFile(context.csv, [...sampleCsv({ lines: 4000 })].join(''));
  context.expected = createRecommender(await train(await readOrders(context.csv), kernel), kernel);
  if (absentBrowser === undefined) context.browser = await openBrowser();
});
test.after(async ({ browser, folder, expected }) => {
  await Promise.all([browser?.close(), expected.close(), rm(folder, { recursive: true })]);
});

/** Drops a file onto the page, as people do. */
async function drop(page: Page, path: string, name: string): Promise<void> {
  const text = readFileSync(path, 'utf8');
  const transfer = `(() => {
    const data = new DataTransfer();
    data.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}));
    return data;
  })()`;
  const data = await page.evaluateHandle(transfer);
  await page.dispatchEvent('#drop', 'drop', { dataTransfer: data });
}

/** The products of the list that is shown. */
const listed = (page: Page, within = '#list') =>
  page.$$eval(`${within} li[data-product]`, (items) => items.map((item) => item.getAttribute('data-product')));

/** Types the beginning of a customer's id, and takes the first who is offered. */
async function listOf(page: Page, customer: string): Promise<(string | null)[]> {
  await page.fill('#customer', customer.slice(0, -1));
  await page.waitForSelector(`#matches [data-customer="${customer}"]`);
  await page.focus(`#matches [data-customer="${customer}"]`);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`#list[data-customer="${customer}"]`);
  return listed(page);
}

/** Opens the page, and closes it and its server whatever happens. */
async function withPage(
  browser: Browser,
  { isolated = true, query = '' },
  use: (tab: Tab, address: string) => Promise<void>,
): Promise<void> {
  const { address, close } = await serve({ isolated });
  const tab = await openTab(browser, { viewport: { width: 1200, height: 900 } });
  try {
    assert.is(await tab.open(address + query), 200);
    await tab.page.waitForSelector('#kernel:not(:empty)');
    await use(tab, address);
  } finally {
    await tab.page.context().close();
    close();
  }
}

for (const [isolated, how, words] of [
  [true, 'on threads, in an isolated page', '2 threads'],
  [false, 'on one thread, in a page that is not isolated', 'one thread'],
] as const) {
  testUnless(test, absentBrowser, `lists are those of Node, ${how}, and nothing is sent`, async (context) => {
    const { browser, csv, expected, folder } = context;
    const query = `?isa=simd${isolated ? '&threads=2' : ''}`;
    await withPage(browser, { isolated, query }, async (tab, address) => {
      const { page } = tab;
      assert.match((await page.textContent('#kernel'))!, words);
      const requests: string[] = [];
      page.on('request', (request) => requests.push(`${request.method()} ${request.url()}`));
      await drop(page, csv, 'my orders.csv');
      await page.waitForSelector('#lists:not([hidden])');
      assert.match((await page.textContent('#read'))!, /4,000 rows read/);
      assert.match((await page.textContent('#shop'))!, /returning customers order they have bought before/);
      const { customers } = expected.model;
      for (const customer of customers.filter((_, i) => i % 20 === 0)) {
        const { items } = await expected.recommend(customer, { n: 10 });
        assert.equal(
          await listOf(page, customer),
          items.map(({ product }) => product),
          customer,
        );
      }
      await page.click('#list button');
      await page.waitForSelector('#similar:not([hidden])');
      const [first] = await listed(page);
      const similar = await expected.similarProducts(first!, { n: 8 });
      assert.equal(
        await listed(page, '#similar'),
        similar.map(({ product }) => product),
      );
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
      const path = join(folder, `${isolated}.safetensors`);
      await download.saveAs(path);
      const model = await loadModel(path);
      assert.equal(model.customerFactors, expected.model.customerFactors);
      // A further thread asks for its script. Nothing else is asked for, and no request has a body or a query.
      const scripts = requests.filter((request) => request === `GET ${address}worker.js`);
      assert.equal(
        requests.filter((request) => !request.includes('blob:')),
        isolated ? scripts : [],
      );
      assert.equal(await tab.problems(), []);
    });
  });
}

testUnless(
  test,
  absentBrowser,
  'people can use it, wide and narrow, in light and dark, and read what is wrong',
  async (context) => {
    const { browser, csv, folder } = context;
    await withPage(browser, {}, async (tab) => {
      const { page } = tab;
      await page.check('#quick');
      const other = join(folder, 'other.csv');
      await writeFile(other, 'colour,weight\nred,1\nblue,2\n');
      await drop(page, other, 'other.csv');
      await page.waitForSelector('#problem:not([hidden])');
      assert.match((await page.textContent('#problem'))!, /other\.csv/);
      assert.ok(await page.isHidden('#progress'));
      await page.setInputFiles('#files', csv);
      await page.waitForSelector('#lists:not([hidden])');
      assert.ok(await page.isHidden('#problem'));
      await page.click('#list button');
      await page.waitForSelector('#similar:not([hidden])');
      for (const [i, width] of [1200, 360].entries()) {
        await page.setViewportSize({ width, height: 800 });
        for (const [j, colorScheme] of (['light', 'dark'] as const).entries()) {
          await page.emulateMedia({ colorScheme });
          assert.equal(await accessibilityProblems(page, i + j > 0), [], `${width} ${colorScheme}`);
          assert.is(await overflow(page), 0, `${width}`);
        }
      }
      // Other orders take the place of these, and can be stopped.
      await page.uncheck('#quick');
      await page.click('#sample');
      await page.waitForSelector('#read:not([hidden])');
      await page.click('#stop');
      await page.waitForSelector('#progress', { state: 'hidden' });
      assert.ok((await page.isHidden('#lists')) && (await page.isHidden('#problem')));
      assert.equal(await tab.problems(), []);
    });
  },
);

test.run();
