import { html } from 'hono/html';
import { dateOf } from '../../../measuring/protocols/wording.ts';
import { facts } from '../../../page/parts.ts';
import type { Page } from '../pages.ts';

export const home: Page = {
  path: '/',
  place: 'home',
  async render({ answering: { model } }) {
    const { metadata, customers, products } = model;
    return {
      title: 'What this recommender does',
      body: html`${facts([
        ['Model', metadata.version],
        ['Trained', `${dateOf(Date.parse(metadata.trainedAt))} UTC`],
        ['Customers', customers.length.toLocaleString('en-US')],
        ['Products', products.length.toLocaleString('en-US')],
      ])}`,
    };
  },
};
