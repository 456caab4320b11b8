import fc from 'fast-check';

const wild = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc
    .array(fc.constantFrom(...'0123456789+-.,:/ TZCeé€\u00a0"\n\'=()x−’\u200b'), { maxLength: 20 })
    .map((marks) => marks.join('')),
);
const mostly = (...usual: string[]) =>
  fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: wild });
const digits = (max: number) => fc.integer({ min: 0, max }).map(String);
const twoDigits = (max: number) => fc.integer({ min: 0, max }).chain((n) => fc.constantFrom(`${n}`, `0${n}`.slice(-2)));
const clock = fc
  .tuple(twoDigits(25), twoDigits(61), fc.constantFrom('', ':00', ':59', ':7', ':08.5', ':59.123456', ':00.', '.5'))
  .map(([h, m, s]) => `${h}:${m}${s}`);
const year = fc.constantFrom('2024', '1900', '2000', '1969', '0012', '99');
const date = fc.oneof(
  fc
    .tuple(
      year,
      twoDigits(13),
      twoDigits(32),
      fc.constantFrom(' ', 'T', ''),
      clock,
      fc.constantFrom('', 'Z', '+00', '+02:00', '-0530', '-03', '+2'),
    )
    .map(([y, m, d, mark, time, zone]) => `${y}-${m}-${d}${mark === '' ? '' : mark + time}${zone}`),
  fc
    .tuple(twoDigits(13), twoDigits(32), year, fc.constantFrom('/', '.', '-'), fc.constantFrom(' ', ''), clock)
    .map(([m, d, y, mark, blank, time]) => [m, d, y].join(mark) + (blank === '' ? '' : blank + time)),
  digits(2_000_000_000),
  mostly(
    '',
    '20240131',
    '2024-01-02 03:04',
    '1/2/2024',
    'never',
    '1. März 2024',
    '45717.5',
    '20240131.0',
    '1/2/2024 3h05',
    '3/1/2024 5:06 p. m.',
  ),
);
const record = fc
  .tuple(
    mostly(
      'a',
      'b',
      ' b',
      '7',
      '7.0',
      '17850',
      '17851',
      '1234567890',
      'customer-number-1',
      '',
      'NaN',
      "'0017",
      '="0017"',
      'A@B.de',
      'a@b.de',
      'a\u200b',
    ),
    mostly('x', 'y', 'x ', 'long product id', '', '0.0', '10', 'x\0', 'e\u0301', 'é'),
    fc.oneof(
      digits(20),
      mostly('1', '-1', '2.0', '1,000', '', '0', '-0', '1e1', '9999999999', '2 pcs', '(1)', '1-', '1.200', '0,5'),
    ),
    mostly('1', '2', 'C3', 'C', '3', '3.0', '', 'null', 'order 12', "'3", '=3', '3\u00ad'),
    date,
    fc.constantFrom('', '', '8:26', '11:59 PM', 'noon'),
    fc.oneof(
      fc.double({ noNaN: true }).map(String),
      mostly('1.50', '.5', '7.', '$3', '', '0', '0.10000000000000001', '4,20', '1.299', '1.299,00 €'),
    ),
    mostly('Tea, green', 'Tea', '12" pipe', '', ' Tea', 'Teekännchen'),
    mostly('drinks', 'N/A', ''),
  )
  .chain((cells) => fc.constantFrom('', '', '', '0', '1', '-1', 'x').map((refunded) => [...cells, refunded, '', '']));
/** Records with a cell for every role, in the order of `roles`: usual ones, and some of every kind of dirt. */
export const anyRecords = fc.array(record, { minLength: 1, maxLength: 40 });

const oneOf = (...texts: string[]) => fc.constantFrom(...texts);
/** Records such as most files have. */
export const usualRecords = fc.array(
  fc
    .tuple(
      oneOf('17850', '17851', '17850.0', 'customer-number-1', 'Ann@example.com', 'left out', ''),
      oneOf('85123A', '71053', 'long product id', 'long product ie'),
      oneOf('1', '2', '6', '-1', '0', '1.0', 'n/a', ''),
      oneOf('536365', '536366', 'C536367', 'C53636X', ''),
      oneOf('2024-01-02 03:04', '2024-02-30T03:04:05Z', '2024-01-02', '1/2/2024 8:26', '13/1/2024', '3.1.2024', ''),
      oneOf('2.55', '3', '0', '', '.5', '£3'),
      oneOf('Tea, green', '12" pipe', 'Tee', 'nan', '茶', ' ', ''),
      oneOf('drinks', 'N/A', 'nan  ', ''),
    )
    .map(([customer, product, quantity, order, time, price, name, category]) => [
      ...[customer, product, quantity, order, time, '', price, name, category, '', '', ''],
    ]),
  { minLength: 1, maxLength: 60 },
);
