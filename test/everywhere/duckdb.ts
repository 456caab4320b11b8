/** The command line of DuckDB, from PyPI into the folder of the tools. */
import { join } from 'node:path';
import { run } from '../support/commands.ts';
import { type Tool, toolAt } from './tools.ts';

const pinned = 'duckdb-cli==1.5.6';

/** The program `duckdb`; there is no other program in its folder. */
export function duckdbTool(): Promise<Tool> {
  const name = pinned.replace('==', '@');
  return toolAt(join(name, 'duckdb_cli/duckdb'), name, async (folder) => {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', folder, pinned];
    const { code, stderr } = await run('python3', pip, { seconds: 900 });
    if (code !== 0) return `PyPI's ${pinned} could not be installed: ${stderr.trim().split('\n').at(-1)}`;
  });
}
