// Reads cells of CSV that are written in the usual ways, from a pointer and a length: ids, quantities, prices, and times.

@inline
export function isDigit(byte: u8): bool {
  return <u8>(byte - 48) <= 9;
}

// FNV-1a.
export function hashOf(p: usize, length: u32): u32 {
  let hash: u32 = 0x811c9dc5;
  for (let i: u32 = 0; i < length; i++) hash = (hash ^ load<u8>(p + i)) * 0x01000193;
  return hash;
}

// N, n, # and <: words for a missing value begin with one of them.
@inline
function beginsMissing(byte: u8): bool {
  return byte == 0x4e || byte == 0x6e || byte == 0x23 || byte == 0x3c;
}

// Whether cleaning certainly leaves an id as it is: it is of printable ASCII without blanks around it, does not begin like what a
// spreadsheet takes for text, nor, if it is short, like a word for a missing value, and has no zeros after a decimal point.
export function isCleanId(p: usize, length: u32): bool {
  if (length == 0) return false;
  const first = load<u8>(p);
  let last: u32 = length - 1;
  if (first == 0x20 || load<u8>(p + last) == 0x20 || first == 0x27 || first == 0x3d) return false;
  if (length <= 4 && beginsMissing(first)) return false;
  for (let i: u32 = 0; i < length; i++) if (<u8>(load<u8>(p + i) - 32) > 94) return false;
  while (load<u8>(p + last) == 0x30 && last > 0) last--;
  return load<u8>(p + last) != 0x2e;
}

// Whether an order id is C and digits, which may say that it is a return.
export function isCancelled(p: usize, length: u32): bool {
  if (length < 2 || load<u8>(p) != 0x43) return false;
  for (let i: u32 = 1; i < length; i++) if (!isDigit(load<u8>(p + i))) return false;
  return true;
}

export function hasByte(p: usize, length: u32, byte: u8): bool {
  for (let i: u32 = 0; i < length; i++) if (load<u8>(p + i) == byte) return true;
  return false;
}

// Whether text is certainly more than blanks or a word for a missing value.
export function isPresent(p: usize, length: u32): bool {
  const first = load<u8>(p), last = load<u8>(p + length - 1);
  if (beginsMissing(first)) return length > 4 && last > 32 && last < 127;
  if (first < 127) return first > 32;
  // The blanks beyond ASCII begin with other bytes, or are U+3000.
  return first > 0xc2 && first != 0xe1 && first != 0xe2 && first != 0xef && !(first == 0xe3 && load<u8>(p, 1) == 0x80);
}

// Whether a cell is written in a usual way, as something for which its record is dropped, or in a way that is not known here.
export const isUsual: u32 = 0, isFault: u32 = 1, isUnusual: u32 = 2;

// What the functions below have read.
export let quantity: i32 = 0, price: f64 = 0, time: f64 = 0, otherTime: f64 = 0;

// Whether a cell is of ASCII without a digit, and so has no number.
function hasNoNumber(p: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (isDigit(load<u8>(p + i)) || load<u8>(p + i) > 127) return false;
  return true;
}

// A whole number of up to nine digits, perhaps below zero; decimals round it toward zero, but not to zero.
export function readQuantity(p: usize, length: u32): u32 {
  if (hasNoNumber(p, length)) return isFault;
  const first = u32(load<u8>(p) == 0x2d);
  if (length - first > 9) return isUnusual;
  let value: i32 = 0, decimals: i32 = -1, fraction: i32 = 0;
  for (let i: u32 = first; i < length; i++) {
    const byte = load<u8>(p + i);
    if (isDigit(byte)) {
      if (decimals < 0) value = value * 10 + (byte - 48);
      else {
        decimals++;
        fraction |= byte - 48;
      }
    } else if ((byte == 0x2e || byte == 0x2c) && decimals < 0 && i > first) decimals = 0;
    else return isUnusual;
  }
  // A mark at the end is not one of decimals, and one before three digits may separate thousands.
  if (decimals == 0 || decimals > 2) return isUnusual;
  if (value == 0 && fraction > 0) value = 1;
  quantity = first ? -value : value;
  return value == 0 ? isFault : isUsual;
}

// Sets the quantity of a record that has no cell for it.
export function readOne(): void {
  quantity = 1;
}

function powerOfTen(exponent: i32): f64 {
  let power: f64 = 1;
  for (let i = 0; i < exponent; i++) power *= 10;
  return power;
}

// Up to fifteen digits with or without decimals; NaN for a blank cell.
export function readPrice(p: usize, length: u32): bool {
  price = NaN;
  if (length > 15) return false;
  let value: u64 = 0, digits: i32 = 0, decimals: i32 = -1;
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(p + i);
    if (isDigit(byte)) {
      value = value * 10 + (byte - 48);
      digits++;
      if (decimals >= 0) decimals++;
    } else if ((byte == 0x2e || byte == 0x2c) && decimals < 0) decimals = 0;
    else return false;
  }
  if (decimals == 3) return false;
  // Dividing two whole numbers below 2^53 rounds exactly as parsing the decimals does.
  if (digits > 0) price = decimals > 0 ? f64(value) / powerOfTen(decimals) : f64(value);
  return true;
}

const noValue: i32 = -1;

function readDigits(p: usize, end: usize): i32 {
  let value: i32 = 0;
  for (; p < end; p++) {
    if (!isDigit(load<u8>(p))) return noValue;
    value = value * 10 + (load<u8>(p) - 48);
  }
  return value;
}

// Milliseconds of 8:26, 08:26 and 08:26:00.
function readClock(p: usize, end: usize): i32 {
  const minutes = p + (load<u8>(p, 1) == 0x3a ? 2 : 3), seconds = minutes + 3;
  const whole = end == minutes + 2 || (end == seconds + 2 && load<u8>(seconds - 1) == 0x3a);
  if (!whole || load<u8>(minutes - 1) != 0x3a) return noValue;
  const hour = readDigits(p, minutes - 1), minute = readDigits(minutes, minutes + 2);
  const second = end > seconds ? readDigits(seconds, end) : 0;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return noValue;
  return ((hour * 60 + minute) * 60 + second) * 1000;
}

const noClock = i32.MIN_VALUE;

// Milliseconds in UTC of 08:26, 08:26:00Z, 08:26:00.123+02, and 08:26-05:30. As elsewhere, what is less than a millisecond is cut off.
function readZonedClock(p: usize, end: usize): i32 {
  let zone: i32 = 0, fraction: i32 = 0;
  let sign = p;
  while (sign < end && load<u8>(sign) != 0x2b && load<u8>(sign) != 0x2d) sign++;
  if (sign < end) {
    const length = end - sign;
    let minutes = noValue;
    if (length == 3) minutes = 0;
    else if (length == 5) minutes = readDigits(sign + 3, end);
    else if (length == 6 && load<u8>(sign, 3) == 0x3a) minutes = readDigits(sign + 4, end);
    const hours = minutes < 0 ? noValue : readDigits(sign + 1, sign + 3);
    if (hours < 0) return noClock;
    zone = (load<u8>(sign) == 0x2d ? -1 : 1) * (hours * 60 + minutes) * 60000;
    end = sign;
  } else if (load<u8>(end - 1) == 0x5a) end--;
  let dot = p;
  while (dot < end && load<u8>(dot) != 0x2e) dot++;
  if (dot < end) {
    // Behind seconds.
    if (dot - p < 7 || end - dot < 2 || end - dot > 10 || readDigits(dot + 1, end) < 0) return noClock;
    for (let i: usize = 1; i <= 3; i++) fraction = fraction * 10 + (dot + i < end ? i32(load<u8>(dot + i)) - 48 : 0);
    end = dot;
  }
  const clock = readClock(p, end);
  return clock < 0 ? noClock : clock + fraction - zone;
}

const dayMs: f64 = 86400000;

// The start of a day in milliseconds since 1970 UTC; NaN if there is no such day.
function startOfDay(year: i32, month: i32, day: i32): f64 {
  if (month < 1 || month > 12 || day < 1 || day > 31) return NaN;
  const isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const days = month == 2 ? 28 + i32(isLeap) : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
  if (day > days) return NaN;
  // In years that begin in March, the leap day comes last. 719,468 days lie between March 0000 and 1970.
  const early = month > 2 ? 0 : 1, years = year - early;
  const sinceMarch = (153 * (month - 3 + 12 * early) + 2) / 5 + day - 1;
  return f64(years * 365 + years / 4 - years / 100 + years / 400 + sinceMarch - 719468) * dayMs;
}

// What is known of the order of day and month in dates such as 12/1/2010.
const unknown: u32 = 0, monthFirst: u32 = 1, dayFirst: u32 = 2;

// Reads 2010-12-01, 2010-12-01 08:26, 2010-12-01T08:26:00Z, and 2010-12-01 08:26:00.123+02, and 12/1/2010 and 12/1/2010 8:26, which `otherTime` has with day
// and month swapped if their order is not known. A blank cell has no time.
export function readTime(p: usize, length: u32, dateOrder: u32): u32 {
  time = otherTime = NaN;
  if (length == 0) return isUsual;
  const end = p + length;
  if (length >= 10 && load<u8>(p, 4) == 0x2d && load<u8>(p, 7) == 0x2d) {
    const year = readDigits(p, p + 4), month = readDigits(p + 5, p + 7), day = readDigits(p + 8, p + 10);
    if (year < 0 || month < 0 || day < 0) return isUnusual;
    // Without a first century, the text may mean another year.
    const isOld = year < 1000 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
    if (isOld) return isUnusual;
    time = startOfDay(year, month, day);
    if (length > 10) {
      const mark = load<u8>(p, 10);
      const clock = mark == 0x20 || mark == 0x54 ? readZonedClock(p + 11, end) : noClock;
      if (clock == noClock) return isUnusual;
      time += clock;
    }
    otherTime = time;
    return time == time ? isUsual : isFault;
  }
  const second = p + (isDigit(load<u8>(p, 1)) ? 3 : 2), year = second + (isDigit(load<u8>(second, 1)) ? 3 : 2);
  const date = year + 4, mark = load<u8>(second - 1);
  if (date > end || (mark != 0x2f && mark != 0x2d && mark != 0x2e) || load<u8>(year - 1) != mark) return isUnusual;
  const years = readDigits(year, date), a = readDigits(p, second - 1), b = readDigits(second, year - 1);
  const clock = date == end ? 0 : load<u8>(date) == 0x20 ? readClock(date + 1, end) : noValue;
  if (years < 1000 || clock < 0 || a < 0 || b < 0) return isUnusual;
  const asMonthFirst = startOfDay(years, a, b) + f64(clock), asDayFirst = startOfDay(years, b, a) + f64(clock);
  if (mark == 0x2e) time = otherTime = asDayFirst;
  else {
    // A date with one reading decides the order.
    if (dateOrder == unknown && (asMonthFirst == asMonthFirst) != (asDayFirst == asDayFirst)) return isUnusual;
    time = dateOrder == dayFirst ? asDayFirst : asMonthFirst;
    otherTime = dateOrder == monthFirst ? asMonthFirst : asDayFirst;
  }
  return time == time ? isUsual : isFault;
}
