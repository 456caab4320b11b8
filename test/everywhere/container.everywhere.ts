/**
 * The container of `test/examples/container`, built and run. There is no registry of images here: what it is built on are
 * Node, npm, and the C and C++ libraries, and nothing else but busybox. `node:24-alpine`, which it names, has as much.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { install, npm, run } from '../support/commands.ts';
import { freePort } from '../support/servers.ts';
import { testUnless } from '../support/skip.ts';
import { packedPackage } from './packed.ts';
import { debian, installed, output } from './platforms/fetching.ts';
import { nodeTool } from './tools.ts';

const test = suite('container');
const example = fileURLToPath(new URL('../examples/container', import.meta.url));
const { tarball, absent: unpacked } = await packedPackage();
const node = await nodeTool('24.22.3');
const work = await mkdtemp(join(tmpdir(), 'endcap-container-'));
const context = join(work, 'context');

const store = ['--root', join(work, 'store'), '--runroot', join(work, 'run'), '--storage-driver', 'vfs'];
const env = { ...process.env, BUILDAH_ISOLATION: 'chroot' };
const buildah = (...args: string[]) => output(['buildah', ...store, ...args], { env, cwd: context, seconds: 1800 });

let container: string;
let server: ChildProcess | undefined;
test.after(async () => {
  server?.kill();
  await run('buildah', [...store, 'rm', '--all'], { env });
  await rm(work, { recursive: true, force: true });
});

let libraries: string;
const absent = unpacked ?? node.absent ?? (await absentEngine());

/** Why nothing can be built here. */
async function absentEngine(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'it is built on Linux of x64 only';
  if (process.getuid?.() !== 0) return 'only root may build it';
  try {
    await installed('buildah', ['/usr/bin/buildah']);
    libraries = await debian(['busybox-static', 'libc6', 'libstdc++6', 'libgcc-s1'], 'bookworm');
  } catch (error) {
    return (error as Error).message;
  }
}

/** Builds what the image is built on. */
async function buildBase(): Promise<void> {
  const root = join(work, 'root');
  await mkdir(context);
  await cp(libraries, root, { recursive: true, verbatimSymlinks: true });
  for (const name of ['share', 'lib/x86_64-linux-gnu/gconv'])
    await rm(join(root, 'usr', name), { recursive: true, force: true });
  const folders = ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'usr/local/bin', 'usr/local/lib/node_modules', 'etc', 'tmp'];
  for (const name of folders) await mkdir(join(root, name), { recursive: true });
  await cp(node.path, join(root, 'usr/local/bin/node'));
  const npmProgram = process.env.npm_execpath ?? (await output(['which', 'npm'])).trim();
  const npmFolder = dirname(dirname(await realpath(npmProgram)));
  await cp(npmFolder, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true, dereference: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n');
  await writeFile(join(root, 'etc/group'), 'root:x:0:\nnode:x:1000:\n');
  const base = (await buildah('from', 'scratch')).trim();
  await buildah('copy', '--quiet', base, root, '/');
  await buildah('run', base, '--', '/bin/busybox', '--install', '-s');
  await buildah('config', '--env', 'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', base);
  await buildah('commit', '--quiet', base, 'localhost/node');
  await rm(root, { recursive: true });
}

/** The image of a shop whose folder has more than what the image is made of. */
async function build(): Promise<void> {
  for (const name of ['Containerfile', '.dockerignore']) await cp(join(example, name), join(context, name));
  await cp(tarball, join(context, 'endcap.tgz'));
  await writeFile(join(context, 'orders.csv'), 'a secret');
  await writeFile(join(context, 'package.json'), JSON.stringify({ private: true }));
  assert.is(await install(['./endcap.tgz'], context, ['--package-lock-only']), undefined);
  const setting = async (name: string) => (await npm(['config', 'get', name], { cwd: context })).stdout.trim();
  const settings = [`registry=${await setting('registry')}`, 'cache=/cache', 'prefer-offline=true', 'audit=false'];
  const mounts = ['-v', `${await setting('cache')}:/cache`, '-v', `${join(work, 'npmrc')}:/usr/local/etc/npmrc:ro`];
  const authorities = process.env.NODE_EXTRA_CA_CERTS;
  if (authorities) {
    settings.push('cafile=/authorities.pem');
    mounts.push('-v', `${authorities}:/authorities.pem:ro`);
  }
  await writeFile(join(work, 'npmrc'), settings.join('\n'));
  const options = ['--format', 'docker', '--build-arg', 'NODE_IMAGE=localhost/node', '--tag', 'localhost/shop'];
  await buildah('build', ...options, ...mounts, '--file', 'Containerfile', '.');
  container = (await buildah('from', 'localhost/shop')).trim();
}

testUnless(test, absent, 'builds, and is 200 MB at most with Node', async () => {
  await buildBase();
  await build();
  const images: { names?: string[]; size: string }[] = JSON.parse(await buildah('images', '--json'));
  const { size } = images.find(({ names }) => names?.some((name) => name.startsWith('localhost/shop')))!;
  const [, megabytes] = /^([\d.]+) MB$/.exec(size)!;
  assert.ok(Number(megabytes) > 100 && Number(megabytes) <= 200, size);
});

const inside = (...command: string[]) => buildah('run', container, '--', ...command);

testUnless(test, absent, 'is not root, has one volume and a health check, and nothing of the shop', async () => {
  const { config } = JSON.parse(await buildah('inspect', '--type', 'image', 'localhost/shop')).Docker;
  assert.equal(Object.keys(config.Volumes), ['/data']);
  assert.ok(config.Healthcheck.Test.length > 1);
  assert.match(await inside('id'), /^uid=1000\(node\)/);
  assert.is((await inside('ls', '/app')).trim(), 'node_modules');
  assert.is((await inside('ls', '/data')).trim(), '');
});

testUnless(test, absent, 'trains, makes a key, serves, is healthy, and stops when it is told to', async () => {
  await inside('endcap', 'sample', '--lines', '3000', '-o', 'orders.csv');
  await inside('endcap', 'train', 'orders.csv', '-o', 'model.safetensors', '--fast');
  await inside('sh', '-c', '(echo product; cut -d, -f3 orders.csv | tail -n +2 | sort -u) > products.csv');
  const key = (await inside('endcap', 'key', 'create', '--scope', 'read')).trim();

  const { config } = JSON.parse(await buildah('inspect', '--type', 'image', 'localhost/shop')).Docker;
  // The container shares the network of this machine.
  const port = String(await freePort());
  const withPort = [...store, 'run', '--env', `ENDCAP_PORT=${port}`, container, '--'];
  const command = ['sh', '-c', 'echo $$ > pid; exec "$@"', 'sh', ...config.Cmd];
  let said = '';
  server = spawn('buildah', [...withPort, ...command], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [server.stdout!, server.stderr!]) stream.on('data', (text) => (said += text));
  const ended = new Promise<number | null>((resolve) => server!.once('exit', resolve));

  const [kind, ...check] = config.Healthcheck.Test;
  assert.is(kind, 'CMD');
  const isHealthy = async () => (await run('buildah', [...withPort, ...check], { env })).code === 0;
  const deadline = Date.now() + 60_000;
  while (!(await isHealthy())) {
    assert.ok(Date.now() < deadline && server.exitCode === null, `it is not healthy: ${said}`);
    await sleep(200);
  }
  const response = await fetch(`http://127.0.0.1:${port}/recommend`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ user_id: 'nobody', num_recommendations: 3 }),
  });
  assert.is(response.status, 200, said);
  const { recommendations } = (await response.json()) as { recommendations: unknown[] };
  assert.is(recommendations.length, 3);
  await inside('sh', '-c', 'kill -TERM $(cat pid)');
  assert.is(await ended, 0, said);
});

test.run();
