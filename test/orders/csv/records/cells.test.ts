import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hashText } from '../../../../src/hash.ts';
import { cleanId } from '../../../../src/orders/cleaning/ids.ts';
import { noOrder, orderNumber } from '../../../../src/orders/cleaning/lines.ts';
import { cleanPrice, cleanQuantity } from '../../../../src/orders/cleaning/numbers.ts';
import { cleanOrderNumber, priceIn, quantityIn } from '../../../../src/orders/csv/records/cells.ts';

const test = suite('cells in bytes');

const anyMarks = (marks: string) => fc.string({ unit: fc.constantFrom(...marks), maxLength: 12 });
const anyMark = fc.constantFrom('.' as const, ',' as const);

/** The cell amid others, as the function sees it. */
function inBytes<T>(text: string, read: (bytes: Uint8Array, start: number, end: number) => T): T {
  const bytes = Uint8Array.from(Buffer.from(`9${text}9`));
  return read(bytes, 1, bytes.length - 1);
}

test('quantities and prices are those of the text, by either decimal mark', () => {
  fc.assert(
    fc.property(anyMarks('0123456789..,,-+ ()x€k−’\u00a0'), anyMark, (text, mark) => {
      const quantity = inBytes(text, (bytes, start, end) => quantityIn(bytes, start, end, mark));
      const price = inBytes(text, (bytes, start, end) => priceIn(bytes, start, end, mark));
      assert.is(Object.is(quantity, cleanQuantity(text, mark)), true, `quantity of ${JSON.stringify(text)}`);
      assert.is(Object.is(price, cleanPrice(text, mark)), true, `price of ${JSON.stringify(text)}`);
    }),
    { numRuns: 20_000 },
  );
});

test('an order id that is taken as it is has the number of the clean id', () => {
  let taken = 0;
  fc.assert(
    fc.property(anyMarks('0123450.aNn\'= "\t\0é\u200b\x7f'), (text) => {
      const order = inBytes(text, cleanOrderNumber);
      if (order === noOrder) return;
      taken++;
      assert.is(order, orderNumber(hashText(cleanId(text)!)), JSON.stringify(text));
    }),
    { numRuns: 20_000 },
  );
  assert.ok(taken > 1000);
  for (const text of ['1', '581475', 'SKU-1.5', 'order 12'])
    assert.is.not(inBytes(text, cleanOrderNumber), noOrder, text);
});

test.run();
