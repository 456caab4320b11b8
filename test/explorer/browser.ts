/** A browser for tests: Chromium as systems have it, driven by playwright-core. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import axe, { type AxeResults } from 'axe-core';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/snap/bin'];
const found = [
  process.env.CHROMIUM,
  ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
].find((path) => path !== undefined && existsSync(path));

/** Why there is no browser, if there is none. */
export const absentBrowser = found === undefined ? 'there is no Chromium; CHROMIUM may name one' : undefined;

export const openBrowser = () => chromium.launch({ executablePath: found });

export type Browser = Awaited<ReturnType<typeof openBrowser>>;

/** A tab, and what goes wrong in it. */
export interface Tab {
  readonly page: Page;
  /** Opens an address. What went wrong before is forgotten. */
  open(url: string): Promise<number>;
  /** Scripts that failed, what the policy of the page forbids, and requests to other hosts, since the page was opened. */
  problems(): Promise<string[]>;
}

const watchPolicy = `
globalThis.forbiddenByPolicy = [];
document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
  globalThis.forbiddenByPolicy.push(violatedDirective + ' ' + blockedURI + ' ' + sample));
`;

export async function openTab(browser: Browser, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  // Machines that test may be busy.
  page.setDefaultTimeout(120_000);
  let problems: string[] = [];
  let host: string | undefined;
  page.on('pageerror', (error) => problems.push(`script failed: ${error.message}`));
  page.on('console', (message) => {
    // Chromium says of every page that is not a 200 that it is not.
    if (message.type() === 'error' && !/^Failed to load resource: the server responded/.test(message.text()))
      problems.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.host !== host) problems.push(`request to ${request.url()}`);
  });
  await page.addInitScript(watchPolicy);
  return {
    page,
    async open(url) {
      ({ host } = new URL(url));
      problems = [];
      const response = await page.goto(url);
      return response!.status();
    },
    async problems() {
      const forbidden = await page.evaluate<string[]>('globalThis.forbiddenByPolicy ?? []');
      return [...problems, ...forbidden.map((one) => `forbidden by the policy: ${one}`)];
    },
  };
}

/** Rules of axe whose answer depends on colors, or on the width of the window. */
const rulesOfLooks = ['color-contrast', 'link-in-text-block', 'scrollable-region-focusable'];

/**
 * What axe finds wrong with the page as it is shown, each with the element.
 *
 * @param isKnown whether the same page has been looked at in other colors, or in a window of another width.
 */
export async function accessibilityProblems(page: Page, isKnown = false): Promise<string[]> {
  // It stays in the page, and is half a megabyte.
  if (!isKnown) await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run(document, ${JSON.stringify({
      ...{ preload: false, resultTypes: ['violations'] },
      ...(isKnown && { runOnly: rulesOfLooks }),
    })})`,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id} (${help}): ${html.slice(0, 300)} ${failureSummary}`),
  );
}

/** How much wider the page is than the window, in pixels; 0 if it fits. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate('Math.max(0, document.scrollingElement.scrollWidth - innerWidth)');
}
