import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { availabilityIn } from '../../../../src/live/catalogue-file/columns/availability.ts';

const test = suite('catalogue file: availability');

test('words of several languages and platforms say whether a product can be bought', () => {
  const said = {
    yes: [
      'in stock',
      'in_stock',
      'InStock',
      'https://schema.org/InStock',
      'Yes',
      'TRUE',
      '1',
      '12',
      '0,5',
      'auf Lager',
      'Verfügbar',
      'en stock',
      'On',
      '在庫あり',
      '○',
      'Catalog, Search',
    ],
    later: ['backorder', 'on backorder', 'PreOrder', 'http://schema.org/PreOrder', 'notify', '予約'],
    no: [
      'out of stock',
      'out_of_stock',
      'OutOfStock',
      'sold out',
      'discontinued',
      'draft',
      'No',
      '0',
      '-1',
      'ausverkauft',
      'épuisé',
      'Agotado',
      'uitverkocht',
      '×',
      'Not Visible Individually',
    ],
  };
  for (const [availability, texts] of Object.entries(said))
    for (const text of texts) assert.is(availabilityIn(text), availability, text);
});

test('other text says nothing', () => {
  for (const text of ['', 'maybe', '1 to 3 days', 'stock', '1.2.3', 'in stock '.repeat(50)])
    assert.is(availabilityIn(text), undefined, text);
});

test.run();
