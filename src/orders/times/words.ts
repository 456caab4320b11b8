// The names of months and days in English, German, French, Spanish, Italian, Dutch and Portuguese, without accents.

const monthNames = [
  'january januar janner jaenner janvier enero gennaio januari janeiro',
  'february februar feber fevrier febrero febbraio februari fevereiro',
  'march marz maerz mars marzo maart marco mrz mrt',
  'april avril abril aprile',
  'may mai mayo maggio mei maio',
  'june juni juin junio giugno junho',
  'july juli juillet julio luglio julho',
  'august aout agosto augustus',
  'september septembre septiembre setiembre settembre setembro',
  'october oktober octobre octubre ottobre outubro',
  'november novembre noviembre novembro',
  'december dezember decembre diciembre dicembre dezembro',
];
const weekdayNames =
  'monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag ' +
  'sonnabend sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves viernes sabado ' +
  'domingo lunedi martedi mercoledi giovedi venerdi sabato domenica maandag dinsdag woensdag donderdag vrijdag zaterdag ' +
  'zondag segunda terca quarta quinta sexta feira';
/** Words in dates that say nothing. */
const fillers = new Set(
  'st nd rd th er o a de del di le el il la las of the at um uhr alle ore as am den der om on em h hrs t'.split(' '),
);

/** The month of each name and each beginning of it, of at least three letters, that is of one month only; 0 for two. */
const months = new Map<string, number>();
for (const [index, names] of monthNames.entries()) {
  for (const name of names.split(' ')) {
    for (let length = 3; length <= name.length; length++) {
      const beginning = name.slice(0, length);
      const other = months.get(beginning) ?? index + 1;
      months.set(beginning, other === index + 1 ? other : 0);
    }
  }
}
const weekdays = weekdayNames.split(' ');

/** The month, from 1, that a word in lower case without accents names or abbreviates; 0 if it names none. */
export function monthOf(word: string): number {
  return months.get(word) ?? 0;
}

/** Words of a date without those that say nothing: days of the week, and such as `de`, `at` and the `th` of 4th. */
export function tellingWords(words: readonly string[]): string[] {
  const telling = words.filter((word) => !fillers.has(word));
  const named = telling.filter((word) => monthOf(word) > 0);
  return telling.filter((word) => {
    // `mar` is a month, and a day of the week where the month is named as well: `mar 4 mars`.
    const isMonth = monthOf(word) > 0 && !(named.length > 1 && word === named[0]);
    return isMonth || word.length < 2 || !weekdays.some((name) => name.startsWith(word));
  });
}
