/** The programs on a page of the documentation, and a database for them. */
import Database from 'libsql';

export interface PageBlock {
  language: string;
  /** The file that it stands for: the second word after the fence; '' if it has none. */
  name: string;
  text: string;
}

export function blocksOf(page: string): PageBlock[] {
  return Array.from(page.matchAll(/^```(\w+) ?(\S*)\n(.*?)^```$/gms), ([, language, name, text]) => ({
    language,
    name,
    text,
  }));
}

/** The text of the file with this name on a page. */
export function fileOn(page: string, name: string): string {
  const block = blocksOf(page).find((each) => each.name === name);
  if (!block) throw new Error(`the page has no ${name}`);
  return block.text;
}

/** The scripts for the shell on a page. */
export function scriptsOn(page: string): string[] {
  return blocksOf(page).flatMap(({ language, name, text }) => (language === 'sh' && name === '' ? [text] : []));
}

/** Whether a script takes nothing but Endcap, and no minutes. */
export function isQuick(script: string): boolean {
  const lines = script.trim().split('\n');
  return lines.every((line) => /^(npx endcap (?!tune )|cat )/.test(line));
}

/** Writes records as the table `orders` of a new file of SQLite. */
export function writeShop(path: string, records: Iterable<object>): void {
  const all = [...records];
  const columns = Object.keys(all[0]);
  const database = new Database(path);
  try {
    database.exec(`create table orders (${columns.join()})`);
    const insert = database.prepare(`insert into orders values (${columns.map(() => '?').join()})`);
    database.transaction(() => {
      for (const record of all) insert.run(...Object.values(record));
    })();
  } finally {
    database.close();
  }
}
