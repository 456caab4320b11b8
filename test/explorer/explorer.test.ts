/**
 * The explorer as people see it: every page of it in a browser, on the made-up shop, on real orders, and on a shop whose
 * customers and products have hostile names. ENDCAP_TEST_SCREENSHOTS names a folder for pictures of all pages.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createKey } from '../../src/server/access/keys.ts';
import { createApp } from '../../src/server/app.ts';
import { pages } from '../../src/server/page/pages.ts';
import { serve } from '../../src/server/serve.ts';
import { quick } from '../cli/serving.ts';
import { fakeRecommender } from '../server/fake.ts';
import { sharedData, testUnless } from '../support/skip.ts';
import {
  absentBrowser,
  accessibilityProblems,
  type Browser,
  openBrowser,
  openTab,
  overflow,
  type Tab,
} from './browser.ts';
import { hostileTitle, onlineRetail, type ServedShop, sample, serveShop, writeHostileOrders } from './shops.ts';
import { mistakes, visits } from './visits.ts';

const test = suite<{ browser: Browser; sample: ServedShop; folder: string }>('the explorer in a browser');

const [wide, narrow] = [
  { width: 1280, height: 900 },
  { width: 360, height: 740 },
];
const looks = [
  { name: 'wide', size: wide, colorScheme: 'light' },
  { name: 'wide-dark', size: wide, colorScheme: 'dark' },
  { name: 'narrow', size: narrow, colorScheme: 'light' },
  { name: 'narrow-dark', size: narrow, colorScheme: 'dark' },
] as const;
type Look = (typeof looks)[number];

const screenshots = process.env.ENDCAP_TEST_SCREENSHOTS;

test.before(async (context) => {
  if (absentBrowser !== undefined) return;
  context.folder = await mkdtemp(join(tmpdir(), 'endcap-explorer-'));
  [context.browser, context.sample] = await Promise.all([openBrowser(), serveShop(sample)]);
});
test.after(async ({ browser, sample, folder }) => {
  await browser?.close();
  await sample?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** Opens a page and looks at it in all these ways, with axe unless it is only for the layout. What is wrong has the address in front. */
async function lookedAt(
  tab: Tab,
  address: string,
  status: number,
  as: readonly Look[],
  { shop, isForLayout = false }: { shop: string; isForLayout?: boolean },
): Promise<string[]> {
  const wrong: string[] = [];
  const answered = await tab.open(address);
  if (answered !== status) wrong.push(`status ${answered}`);
  for (const [i, { name, size, colorScheme }] of as.entries()) {
    await tab.page.setViewportSize(size);
    await tab.page.emulateMedia({ colorScheme });
    const wider = await overflow(tab.page);
    if (wider > 0) wrong.push(`${name}: ${wider} pixels wider than the window`);
    const problems = isForLayout ? [] : await accessibilityProblems(tab.page, i > 0);
    wrong.push(...problems.map((problem) => `${name}: ${problem}`));
    if (screenshots !== undefined)
      await picture(tab, `${shop} ${new URL(address).pathname}${new URL(address).search} ${name}`);
  }
  const headings = await tab.page.locator('h1').allTextContents();
  if (headings.length !== 1 || headings[0].trim() === '') wrong.push(`headings ${headings.join()}`);
  if ((await tab.page.title()) === hostileTitle) wrong.push('a name was run as a script');
  wrong.push(...(await tab.problems()));
  return wrong.map((problem) => `${decodeURIComponent(address)}: ${problem}`);
}

async function picture({ page }: Tab, name: string): Promise<void> {
  await mkdir(screenshots!, { recursive: true });
  const path = join(screenshots!, `${name.replace(/[^\w.-]+/g, '-').slice(0, 120)}.png`);
  await page.screenshot({ path, fullPage: true });
}

/**
 * Looks at every page of a shop: at the first address of each in all these ways, and at the layout of the others in the last
 * one. Returns the addresses within the explorer that pages link to.
 */
async function visitAll(
  browser: Browser,
  { url, known }: ServedShop,
  as: readonly Look[],
  shop: string,
): Promise<Set<string>> {
  const tab = await openTab(browser);
  const links = new Set<string>();
  const wrong: string[] = [];
  try {
    for (const { path } of pages)
      for (const [i, address] of visits[path](known).entries()) {
        const how = { shop, isForLayout: i > 0 };
        wrong.push(...(await lookedAt(tab, at(url, address), 200, i > 0 ? as.slice(-1) : as, how)));
        for (const link of await linksOf(tab)) links.add(link);
      }
  } finally {
    await tab.page.context().close();
  }
  assert.equal(wrong, []);
  return links;
}

/** Of an address below the explorer. */
const at = (url: string, address: string) => url + (address === '/' ? '' : address);

const linksOf = ({ page }: Tab) =>
  page.evaluate<string[]>(`[...document.querySelectorAll('a[href], img[src], link[href], script[src]')]
    .map((element) => (element.href || element.src).replace(/#.*/, ''))`);

test('each page is looked at', () => {
  assert.equal(pages.map(({ path }) => path).sort(), Object.keys(visits).sort());
});

testUnless(
  test,
  absentBrowser,
  'on the sample, wide and narrow, light and dark, and no link is dead',
  async ({ browser, sample }) => {
    const links = await visitAll(browser, sample, looks, 'sample');
    await deadLinks(sample, links);
  },
);

/** Links of one kind differ in the id or the query: a few of each are enough. */
async function deadLinks({ url }: ServedShop, links: ReadonlySet<string>): Promise<void> {
  const perKind = 5;
  const kinds = new Map<string, string[]>();
  for (const link of links) {
    assert.ok(link.startsWith(url), `${link} leaves the explorer`);
    const { pathname, searchParams } = new URL(link);
    const kind = `${pathname.replace(/(\/explorer\/[^/]+\/).+/, '$1')}?${[...searchParams.keys()].sort()}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), link]);
  }
  for (const link of [...kinds.values()].flatMap((ofKind) => ofKind.slice(0, perKind))) {
    const { status } = await fetch(link);
    assert.is(status, 200, link);
  }
}

testUnless(test, absentBrowser, 'mistakes are pages that look right, too', async ({ browser, sample }) => {
  const tab = await openTab(browser);
  const wrong: string[] = [];
  for (const [address, status] of Object.entries(mistakes))
    wrong.push(...(await lookedAt(tab, sample.url + address, status, [looks[1], looks[2]], { shop: 'mistakes' })));
  await tab.page.context().close();
  assert.equal(wrong, []);
});

testUnless(test, absentBrowser, 'hostile names stay text, and break no layout', async ({ browser, folder }) => {
  const orders = join(folder, 'hostile.csv');
  const shop = await serveShop(await writeHostileOrders(orders), orders, ...quick);
  try {
    const links = await visitAll(browser, shop, [looks[0], looks[2]], 'hostile');
    await deadLinks(shop, links);
  } finally {
    await shop.close();
  }
});

const { path: retail, absent: absentRetail } = sharedData('online-retail.csv.gz');
testUnless(test, absentBrowser ?? absentRetail, 'on real orders', async ({ browser }) => {
  const shop = await serveShop(onlineRetail, retail, '--fast');
  try {
    const links = await visitAll(browser, shop, [looks[0], looks[3]], 'online-retail');
    await deadLinks(shop, links);
  } finally {
    await shop.close();
  }
});

testUnless(test, absentBrowser, 'the keyboard reaches the content first', async ({ browser, sample }) => {
  const { page, open } = await openTab(browser);
  await open(sample.url);
  await page.keyboard.press('Tab');
  const focused = () => page.evaluate<string>('document.activeElement.textContent.trim().slice(0, 40)');
  assert.is(await focused(), 'Skip to the content');
  assert.ok(await page.locator('a.skip').isVisible());
  await page.keyboard.press('Enter');
  assert.is(await page.evaluate('document.activeElement.id'), 'content');
  await page.context().close();
});

testUnless(test, absentBrowser, 'pages say the same without script', async ({ browser, sample }) => {
  const [plain, scripted] = [await openTab(browser, { javaScriptEnabled: false }), await openTab(browser)];
  for (const { path } of pages) {
    const [address] = visits[path](sample.known);
    if (address === undefined) continue;
    // Numbers change from one moment to the next; what there is does not.
    const textsOf = async ({ page, open }: Tab) => {
      await open(at(sample.url, address));
      return page.locator('main :is(h1, h2, h3, label, button, dt, th[scope="col"], figcaption)').allInnerTexts();
    };
    assert.equal(await textsOf(plain), await textsOf(scripted), path);
  }
  await plain.page.context().close();
  await scripted.page.context().close();
});

testUnless(test, absentBrowser, 'people sign in with a key, and out', async ({ browser }) => {
  const { key, record } = await createKey(['admin']);
  const keys = { find: (id: string) => (id === record.id ? record : undefined) };
  const app = createApp({ recommender: fakeRecommender(), explorer: true, access: { keys } });
  const server = await serve({ app, port: 0 });
  const tab = await openTab(browser);
  const { page } = tab;
  try {
    const url = `${server.url}/explorer`;
    assert.equal(await lookedAt(tab, url, 200, looks, { shop: 'sign-in' }), []);
    assert.is(await page.locator('h1').innerText(), 'Sign in');
    await page.getByLabel('Key').fill('hello');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'not known' }).waitFor();
    assert.equal(await accessibilityProblems(page), []);
    await page.getByLabel('Key').fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(url);
    assert.equal(await lookedAt(tab, url, 200, looks, { shop: 'signed-in' }), []);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${url}/sign-in`);
    await tab.open(url);
    assert.is(await page.locator('h1').innerText(), 'Sign in');
  } finally {
    await page.context().close();
    await server.close();
  }
});

testUnless(test, absentBrowser, 'numbers are brought up to date while a page is open', async ({ browser, sample }) => {
  const { page, open, problems } = await openTab(browser);
  await page.clock.install();
  await open(sample.url);
  const notes = page.locator('[data-live="notes"]');
  assert.not.match(await notes.innerText(), 'does not know');
  const written = await fetch(new URL('/products', sample.url), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ products: [{ product_id: 'NEW-1', name: 'Something new' }] }),
  });
  assert.is(written.status, 200);
  await page.clock.runFor(6000);
  await notes.filter({ hasText: 'The model does not know one product of the catalogue' }).waitFor();
  assert.equal(await problems(), []);
  await page.context().close();
});

test.run();
