// Takes out of dist what nobody who installs the package can use: source maps, and declarations that no entry point leads
// to. Runs before packing, after a build from scratch; the build afterwards starts from scratch again.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { exports, imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const declared = new Set();
const add = (path) => {
  if (declared.has(path) || !existsSync(path)) return;
  declared.add(path);
  const text = readFileSync(path, 'utf8');
  for (const [, from] of text.matchAll(/\b(?:from|import)\s*\(?\s*["'](\.[^"']+)\.[jt]s["']/g))
    add(join(dirname(path), `${from}.d.ts`));
};
for (const [path] of JSON.stringify([exports, imports]).matchAll(/[^"]+\.d\.ts/g)) add(normalize(join(root, path)));

// Without it, tsc would take what is removed here for made.
rmSync(join(root, 'dist', '.tsbuildinfo'), { force: true });
for (const name of readdirSync(join(root, 'dist'), { recursive: true })) {
  const path = join(root, 'dist', name);
  if (name.endsWith('.map') || (name.endsWith('.d.ts') && !declared.has(path))) rmSync(path);
  else if (name.endsWith('.js'))
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^\/\/# sourceMappingURL=.*\n?/m, ''));
}
