// Reads cells of CSV that are written in the usual ways: ids, quantities, prices, and times. What is written otherwise is left
// to src/orders, whose functions say what each cell means; here and there it always means the same.
#pragma once

#include "masks.hpp"

namespace endcap {
namespace {

struct Cell {
  const uint8_t* p;
  uint32_t length;
};

ENDCAP_INLINE bool isDigit(uint8_t byte) { return uint8_t(byte - '0') <= 9; }

// FNV-1a.
ENDCAP_INLINE uint32_t hashOf(Cell cell) {
  uint32_t hash = 0x811C9DC5;
  for (uint32_t i = 0; i < cell.length; i++) hash = (hash ^ cell.p[i]) * 0x01000193;
  return hash;
}

// Whether cleaning certainly leaves an id as it is: it is of printable ASCII without blanks around it, does not begin like what a
// spreadsheet takes for text, nor, if it is short, like a word for a missing value, and has no zeros after a decimal point.
ENDCAP_INLINE bool isCleanId(Cell id) {
  if (id.length == 0) return false;
  const uint8_t first = id.p[0];
  uint32_t last = id.length - 1;
  if (first == ' ' || id.p[last] == ' ' || first == '\'' || first == '=') return false;
  if (id.length <= 4 && (first == 'N' || first == 'n' || first == '#' || first == '<')) return false;
  for (uint32_t i = 0; i < id.length; i++)
    if (uint8_t(id.p[i] - 32) > 94) return false;
  while (id.p[last] == '0' && last > 0) last--;
  return id.p[last] != '.';
}

// Whether an order id is C and digits, which may say that it is a return.
ENDCAP_INLINE bool isCancelled(Cell id) {
  if (id.length < 2 || id.p[0] != 'C') return false;
  for (uint32_t i = 1; i < id.length; i++)
    if (!isDigit(id.p[i])) return false;
  return true;
}

ENDCAP_INLINE bool hasByte(Cell cell, uint8_t byte) {
  for (uint32_t i = 0; i < cell.length; i++)
    if (cell.p[i] == byte) return true;
  return false;
}

// Whether text is certainly more than blanks or a word for a missing value.
ENDCAP_INLINE bool isPresent(Cell text) {
  const uint8_t first = text.p[0], last = text.p[text.length - 1];
  if (first == 'N' || first == 'n' || first == '#' || first == '<') return text.length > 4 && last > ' ' && last < 127;
  if (first < 127) return first > ' ';
  // The blanks beyond ASCII begin with other bytes, or are U+3000.
  return first > 0xC2 && first != 0xE1 && first != 0xE2 && first != 0xEF && !(first == 0xE3 && text.p[1] == 0x80);
}

// Whether a cell is written in a usual way, as something for which its record is dropped, or in a way that is not known here.
enum class Reading { isUsual, isFault, isUnusual };

// Whether a cell is of ASCII without a digit, and so has no number.
ENDCAP_INLINE bool hasNoNumber(Cell cell) {
  for (uint32_t i = 0; i < cell.length; i++)
    if (isDigit(cell.p[i]) || cell.p[i] > 127) return false;
  return true;
}

// A whole number of up to nine digits, perhaps below zero; decimals round it toward zero, but not to zero.
ENDCAP_INLINE Reading readQuantity(Cell cell, int32_t& quantity) {
  if (hasNoNumber(cell)) return Reading::isFault;
  const bool negative = cell.length && cell.p[0] == '-';
  const uint32_t first = negative;
  if (cell.length - first > 9) return Reading::isUnusual;
  int32_t value = 0, decimals = -1, fraction = 0;
  for (uint32_t i = first; i < cell.length; i++) {
    const uint8_t byte = cell.p[i];
    if (isDigit(byte)) {
      if (decimals < 0) value = value * 10 + (byte - '0');
      else {
        decimals++;
        fraction |= byte - '0';
      }
    } else if ((byte == '.' || byte == ',') && decimals < 0 && i > first) decimals = 0;
    else return Reading::isUnusual;
  }
  // A mark at the end is not one of decimals, and one before three digits may separate thousands.
  if (decimals == 0 || decimals > 2) return Reading::isUnusual;
  if (value == 0 && fraction > 0) value = 1;
  quantity = negative ? -value : value;
  return quantity == 0 ? Reading::isFault : Reading::isUsual;
}

constexpr double powersOfTen[16] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

// Up to fifteen digits with or without decimals; NaN for a blank cell.
ENDCAP_INLINE bool readPrice(Cell cell, double& price) {
  price = __builtin_nan("");
  if (cell.length > 15) return false;
  uint64_t value = 0;
  int32_t digits = 0, decimals = -1;
  for (uint32_t i = 0; i < cell.length; i++) {
    const uint8_t byte = cell.p[i];
    if (isDigit(byte)) {
      value = value * 10 + (byte - '0');
      digits++;
      if (decimals >= 0) decimals++;
    } else if ((byte == '.' || byte == ',') && decimals < 0) decimals = 0;
    else return false;
  }
  if (decimals == 3) return false;
  // Dividing two whole numbers below 2^53 rounds exactly as parsing the decimals does.
  if (digits > 0) price = decimals > 0 ? double(value) / powersOfTen[decimals] : double(value);
  return true;
}

constexpr int32_t noValue = -1;

ENDCAP_INLINE int32_t readDigits(const uint8_t* p, const uint8_t* end) {
  int32_t value = 0;
  for (; p < end; p++) {
    if (!isDigit(*p)) return noValue;
    value = value * 10 + (*p - '0');
  }
  return value;
}

// Milliseconds of 8:26, 08:26 and 08:26:00.
ENDCAP_INLINE int32_t readClock(const uint8_t* p, const uint8_t* end) {
  const uint8_t* const minutes = p + (p[1] == ':' ? 2 : 3);
  const uint8_t* const seconds = minutes + 3;
  const bool whole = end == minutes + 2 || (end == seconds + 2 && seconds[-1] == ':');
  if (!whole || minutes[-1] != ':') return noValue;
  const int32_t hour = readDigits(p, minutes - 1), minute = readDigits(minutes, minutes + 2);
  const int32_t second = end > seconds ? readDigits(seconds, end) : 0;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return noValue;
  return ((hour * 60 + minute) * 60 + second) * 1000;
}

constexpr int32_t noClock = INT32_MIN;

// Milliseconds in UTC of 08:26, 08:26:00Z, 08:26:00.123+02, and 08:26-05:30. As elsewhere, what is less than a millisecond is cut off.
ENDCAP_INLINE int32_t readZonedClock(const uint8_t* p, const uint8_t* end) {
  int32_t zone = 0, fraction = 0;
  const uint8_t* sign = p;
  while (sign < end && *sign != '+' && *sign != '-') sign++;
  if (sign < end) {
    const auto length = end - sign;
    const int32_t minutes = length == 3                      ? 0
                            : length == 5                    ? readDigits(sign + 3, end)
                            : length == 6 && sign[3] == ':' ? readDigits(sign + 4, end)
                                                             : noValue;
    const int32_t hours = minutes < 0 ? noValue : readDigits(sign + 1, sign + 3);
    if (hours < 0) return noClock;
    zone = (*sign == '-' ? -1 : 1) * (hours * 60 + minutes) * 60000;
    end = sign;
  } else if (end[-1] == 'Z') end--;
  const uint8_t* dot = p;
  while (dot < end && *dot != '.') dot++;
  if (dot < end) {
    // Behind seconds.
    if (dot - p < 7 || end - dot < 2 || end - dot > 10 || readDigits(dot + 1, end) < 0) return noClock;
    for (int32_t i = 1; i <= 3; i++) fraction = fraction * 10 + (dot + i < end ? dot[i] - '0' : 0);
    end = dot;
  }
  const int32_t clock = readClock(p, end);
  return clock < 0 ? noClock : clock + fraction - zone;
}

constexpr double dayMs = 86400000;

// The start of a day in milliseconds since 1970 UTC; NaN if there is no such day.
ENDCAP_INLINE double startOfDay(int32_t year, int32_t month, int32_t day) {
  if (month < 1 || month > 12 || day < 1 || day > 31) return __builtin_nan("");
  const bool isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const int32_t days = month == 2 ? 28 + isLeap : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
  if (day > days) return __builtin_nan("");
  // In years that begin in March, the leap day comes last. 719,468 days lie between March 0000 and 1970.
  const int32_t early = month > 2 ? 0 : 1, years = year - early;
  const int32_t sinceMarch = (153 * (month - 3 + 12 * early) + 2) / 5 + day - 1;
  return (years * 365 + years / 4 - years / 100 + years / 400 + sinceMarch - 719468) * dayMs;
}

// What is known of the order of day and month in dates such as 12/1/2010.
namespace DateOrder {
enum : uint32_t { unknown = 0, monthFirst = 1, dayFirst = 2 };
}

// Reads 2010-12-01, 2010-12-01 08:26, 2010-12-01T08:26:00Z, and 2010-12-01 08:26:00.123+02, and 12/1/2010 and 12/1/2010 8:26, which `other` has with day
// and month swapped if their order is not known. A blank cell has no time.
ENDCAP_INLINE Reading readTime(Cell cell, uint32_t dateOrder, double& time, double& other) {
  time = other = __builtin_nan("");
  if (cell.length == 0) return Reading::isUsual;
  const uint8_t* const p = cell.p;
  const uint8_t* const end = p + cell.length;
  if (cell.length >= 10 && p[4] == '-' && p[7] == '-') {
    const int32_t year = readDigits(p, p + 4), month = readDigits(p + 5, p + 7), day = readDigits(p + 8, p + 10);
    if (year < 0 || month < 0 || day < 0) return Reading::isUnusual;
    // Without a first century, the text may mean another year.
    const bool isOld = year < 1000 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
    if (isOld) return Reading::isUnusual;
    time = startOfDay(year, month, day);
    if (cell.length > 10) {
      const int32_t clock = p[10] == ' ' || p[10] == 'T' ? readZonedClock(p + 11, end) : noClock;
      if (clock == noClock) return Reading::isUnusual;
      time += clock;
    }
    other = time;
    return time == time ? Reading::isUsual : Reading::isFault;
  }
  const uint8_t* const second = p + (isDigit(p[1]) ? 3 : 2);
  const uint8_t* const year = second + (isDigit(second[1]) ? 3 : 2);
  const uint8_t* const date = year + 4;
  const uint8_t mark = second[-1];
  if (date > end || (mark != '/' && mark != '-' && mark != '.') || year[-1] != mark) return Reading::isUnusual;
  const int32_t years = readDigits(year, date), a = readDigits(p, second - 1), b = readDigits(second, year - 1);
  const int32_t clock = date == end ? 0 : *date == ' ' ? readClock(date + 1, end) : noValue;
  if (years < 1000 || clock < 0 || a < 0 || b < 0) return Reading::isUnusual;
  const double asMonthFirst = startOfDay(years, a, b) + clock, asDayFirst = startOfDay(years, b, a) + clock;
  if (mark == '.') time = other = asDayFirst;
  else {
    // A date with one reading decides the order.
    if (dateOrder == DateOrder::unknown && (asMonthFirst == asMonthFirst) != (asDayFirst == asDayFirst))
      return Reading::isUnusual;
    time = dateOrder == DateOrder::dayFirst ? asDayFirst : asMonthFirst;
    other = dateOrder == DateOrder::monthFirst ? asMonthFirst : asDayFirst;
  }
  return time == time ? Reading::isUsual : Reading::isFault;
}

}  // namespace
}  // namespace endcap
