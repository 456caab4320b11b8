import { EndcapError } from '../../errors.ts';
import { type ColumnMap, type Role, roles } from './roles.ts';

/** What is between commas; a column in quotes may have commas itself. */
const parts = /(?:=\s*"(?:[^"]|"")*"|[^,])+/g;

/**
 * Parses the command line's form of a map: `customer=Cust No,product=#3,name="Name, long",quantity=1`. `#3` is the third
 * column; quotes in a name in quotes are doubled. `quantity=1` makes every record count as one; any other role with nothing
 * after the `=` is left out.
 *
 * @throws `invalid_options` for an unknown role, one that is given twice, or a part without `=`.
 */
export function columnsFromText(text: string): ColumnMap {
  const columns: ColumnMap = {};
  for (const part of text.match(parts) ?? [text]) {
    const [, role, column] = /^\s*(\w+)\s*=(.*)$/s.exec(part) ?? [];
    if (!roles.includes(role as Role)) {
      throw new EndcapError(
        'invalid_options',
        `columns: '${part.trim()}' cannot be used; expected role=column, where the roles are ${roles.join(', ')}`,
        { value: text, expected: roles },
      );
    }
    if (Object.hasOwn(columns, role!)) {
      throw new EndcapError('invalid_options', `columns: ${role} is given twice; expected one column for each role`, {
        value: text,
      });
    }
    const bare = column!.trim();
    const [, quoted] = /^"((?:[^"]|"")*)"$/s.exec(bare) ?? [];
    const name = quoted?.replaceAll('""', '"') ?? bare;
    columns[role as Role] = name === '' || (role === 'quantity' && bare === '1') ? false : name;
  }
  return columns;
}
