/** Trains on orders that are dropped onto the page, and recommends, all of it in the tab. */
import { createRecommender, encodeModel, openKernel, readOrders, sampleCsv, train } from 'endcap/web';
import { element, list, megabytes, productList, progressWords, reading, shop } from './words.mjs';

const at = (id) => document.getElementById(id);
const output = (id) => at(id).querySelector('.output');
const maxMatches = 12;

/** `?isa=simd&threads=1` asks for another kernel than the best that runs here. */
const asked = new URLSearchParams(location.search);
const openAsked = () =>
  openKernel({
    url: new URL('wasm/', location.href),
    ...(asked.has('isa') && { isa: asked.get('isa') }),
    ...(asked.has('threads') && { threads: Number(asked.get('threads')) }),
  });

/** Opened with the page. A recommender keeps it; for other orders there is another one, of the same files. */
let kernel = openAsked();
let recommender;
let stopping;

kernel.then(
  ({ isa, threads }) => {
    const alone = threads === 1 ? 'one thread, in slices' : `${threads} threads`;
    at('kernel').textContent = `WebAssembly (${isa}) on ${alone}.`;
  },
  (error) => showProblem(error),
);

function showProblem(error) {
  at('problem').textContent = error.message;
  at('problem').hidden = false;
}

function showProgress(text, share) {
  at('doing').textContent = text;
  if (Number.isFinite(share)) at('bar').value = share;
  else at('bar').removeAttribute('value');
}

function fill(id, children) {
  output(id).replaceChildren(...children);
  at(id).hidden = false;
}

/** Reads, trains, and makes the page ready to answer. What was there before is gone. */
async function learn(source, options) {
  stopping?.abort();
  stopping = new AbortController();
  const { signal } = stopping;
  for (const id of ['read', 'shop', 'lists', 'similar', 'problem']) at(id).hidden = true;
  at('progress').hidden = false;
  showProgress('Reading', undefined);
  const began = performance.now();
  try {
    await recommender?.close();
    recommender = undefined;
    kernel ??= openAsked();
    const own = await kernel;
    const dataset = await readOrders(source, {
      ...options,
      kernel: own,
      signal,
      onProgress: (now) => showProgress(progressWords.reading(now), now.bytes / now.totalBytes),
    });
    fill('read', reading(dataset));
    const model = await train(dataset, {
      kernel: own,
      fast: at('quick').checked,
      signal,
      onChoice: (now) => showProgress(progressWords.choosing(now), now.done / now.total),
      onProgress: (now) => showProgress(progressWords.training(now), now.epoch / now.epochs),
    });
    showProgress('Getting lists ready', undefined);
    kernel = undefined;
    recommender = await createRecommender(model, { kernel: own });
    fill('shop', shop(model, (performance.now() - began) / 1000));
    at('lists').hidden = false;
    at('customer').value = '';
    showMatches();
    await showList(model.customers[0]);
  } catch (error) {
    if (!signal.aborted) showProblem(error);
  } finally {
    if (stopping.signal === signal) at('progress').hidden = true;
  }
}

/** The customers whose ids begin with what was typed. They are sorted. */
function showMatches() {
  const { customers } = recommender.model;
  const begin = at('customer').value.trim();
  const first = firstFrom(customers, begin);
  const matches = customers.slice(first, first + maxMatches).filter((id) => id.startsWith(begin));
  const buttons = matches.map((id) =>
    element('li', {}, element('button', { type: 'button', data: { customer: id }, onclick: () => showList(id) }, id)),
  );
  at('matches').replaceChildren(...buttons);
  if (matches.length === 0) at('matches').append(element('li', { className: 'soft' }, 'No customer begins like this.'));
}

function firstFrom(sorted, text) {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle] < text) from = middle + 1;
    else to = middle;
  }
  return from;
}

async function showList(customer) {
  const found = await recommender.recommend(customer, { n: 10, explain: true });
  for (const button of at('matches').querySelectorAll('button'))
    button.ariaPressed = String(button.dataset.customer === customer);
  at('similar').hidden = true;
  const heading = element('h3', {}, `For ${customer}`);
  const shown = [heading, ...list(found, recommender.model, showSimilar)];
  at('list').dataset.customer = customer;
  at('list').replaceChildren(...shown);
}

async function showSimilar({ product, name }) {
  const items = await recommender.similarProducts(product, { n: 8 });
  fill('similar', [element('p', {}, `To ${name ?? product}:`), productList(items, recommender.model, showSimilar)]);
  at('similar').focus();
  at('similar').scrollIntoView({ block: 'nearest' });
}

async function save() {
  const parts = await encodeModel(recommender.model);
  // Blobs take no memory that threads share.
  const file = new Blob(
    parts.map((part) => part.slice()),
    { type: 'application/octet-stream' },
  );
  const address = URL.createObjectURL(file);
  element('a', { href: address, download: 'model.safetensors' }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  at('save').textContent = `Download the model (${megabytes(file.size)})`;
}

at('files').addEventListener('change', ({ target }) => target.files.length > 0 && learn([...target.files]));
at('sample').addEventListener('click', () => learn([...sampleCsv({ lines: 20_000 })].join(''), { format: 'csv' }));
at('stop').addEventListener('click', () => stopping.abort());
at('save').addEventListener('click', () => save().catch(showProblem));
at('customer').addEventListener('input', showMatches);
at('customer').addEventListener('keydown', ({ key }) => {
  if (key === 'Enter') at('matches').querySelector('button')?.click();
});
at('give').addEventListener('submit', (event) => event.preventDefault());
// Anywhere: a file that misses the field would be opened in place of the page.
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  at('drop').classList.add('over');
});
document.addEventListener('dragleave', ({ relatedTarget }) => {
  if (relatedTarget === null) at('drop').classList.remove('over');
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  at('drop').classList.remove('over');
  const files = [...event.dataTransfer.files];
  if (files.length > 0) learn(files);
});
