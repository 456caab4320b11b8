import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import {
  chmod,
  type FileHandle,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  checkReplaceable,
  duplicateFile,
  makeFolder,
  removeFile,
  replaceFile,
  whyNot,
  withReplacement,
} from '../src/files.ts';
import { temporaryName } from '../src/temporary-files.ts';
import { endcapErrorOf, thrownBy } from './support/errors.ts';
import { testUnless } from './support/skip.ts';

const test = suite<{ directory: string; path: string }>('files');

test.before.each(async (context) => {
  context.directory = await mkdtemp(join(tmpdir(), 'endcap-files-'));
  context.path = join(context.directory, 'file');
  await writeFile(context.path, 'old');
});
test.after.each(({ directory }) => rm(directory, { recursive: true }));

const write = (path: string, text = 'new') => replaceFile(path, (append) => append(Buffer.from(text)));

async function assertOnly(directory: string, text: string): Promise<void> {
  assert.is(await readFile(join(directory, 'file'), 'utf8'), text);
  assert.equal(await readdir(directory), ['file']);
}

/** An error as the system raises it. */
function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: made up, ${syscall}`), { code, syscall });
}

/** Replaces functions of a module of Node while `body` runs. */
async function withFunctions(module: object, functions: object, body: () => Promise<void>): Promise<void> {
  const before = Object.fromEntries(Object.entries(module).filter(([name]) => name in functions));
  const set = (values: object) => {
    Object.assign(module, values);
    syncBuiltinESMExports();
  };
  set(functions);
  await body().finally(() => set(before));
}

/** Gives every file that is opened while `body` runs other methods. */
function withMethods(methods: (file: FileHandle) => object, body: () => Promise<void>): Promise<void> {
  const { open } = fs.promises;
  const changed = async (...args: Parameters<typeof open>) => {
    const file = await open(...args);
    return Object.assign(file, methods(file));
  };
  return withFunctions(fs.promises, { open: changed }, body);
}

/** An fsync that fails. */
const failing = (error: Error) => (_: number, done: (error: Error) => void) => done(error);

test('a file is replaced as a whole after the last chunk', async ({ directory, path }) => {
  const { bytes } = await replaceFile(path, async (append) => {
    await append(Buffer.from('new '));
    assert.is(await readFile(path, 'utf8'), 'old');
    await append(Buffer.from('text'));
  });
  assert.is(bytes, 8);
  await assertOnly(directory, 'new text');
});

test('whoever may read and write a file may do so afterwards, and nobody else, also meanwhile', async ({ path }) => {
  const modes = async (of: string) => (await stat(of)).mode & 0o777;
  for (const mode of [0o600, 0o666, 0o640]) {
    await chmod(path, mode);
    const before = await modes(path);
    let meanwhile: number | undefined;
    await replaceFile(path, async (_, temporary) => {
      meanwhile = await modes(temporary);
    });
    assert.equal([meanwhile, await modes(path)], [before, before]);
  }
});

test('an error of the writer is passed on, and only the old file remains', async ({ directory, path }) => {
  for (const thrown of [new TypeError('a bug'), systemError('ENOENT', 'open')]) {
    const error = await thrownBy(
      replaceFile(path, async (append) => {
        await append(Buffer.from('half'));
        throw thrown;
      }),
    );
    assert.is(error, thrown);
    await assertOnly(directory, 'old');
  }
});

test('a signal stops the writing, and only the old file remains', async ({ directory, path }) => {
  const write = (more: number) => {
    const controller = new AbortController();
    const writing = async (append: (bytes: Uint8Array) => Promise<void>) => {
      await append(Buffer.from('half'));
      controller.abort();
      for (; more > 0; more--) await append(Buffer.from('more'));
    };
    return replaceFile(path, writing, { signal: controller.signal });
  };
  for (const more of [0, 1e9]) {
    assert.is((await endcapErrorOf(write(more))).code, 'aborted');
    await assertOnly(directory, 'old');
  }
});

test('checking a path fails as writing would, and changes nothing', async ({ directory, path }) => {
  await checkReplaceable(path);
  await checkReplaceable(join(directory, 'new'));
  await assertOnly(directory, 'old');
});

test('of several that write to one path at once one wins, and none is torn', async ({ directory, path }) => {
  const texts = Array.from({ length: 10 }, (_, i) => String(i).repeat(100_000 + i));
  const writing = texts.map((text) =>
    replaceFile(path, async (append) => {
      for (let at = 0; at < text.length; at += 30_000) await append(Buffer.from(text.slice(at, at + 30_000)));
    }),
  );
  await Promise.all(writing);
  const found = await readFile(path, 'utf8');
  assert.ok(texts.includes(found));
  await assertOnly(directory, found);
});

test('what a killed writer left is removed by the next one, also by a check', async ({ directory, path }) => {
  const files = new URL('../src/files.ts', import.meta.url).href;
  const script = `import { replaceFile } from '${files}';
    await replaceFile(process.argv[1], async (append) => {
      await append(Buffer.from('half'));
      process.kill(process.pid, 'SIGKILL');
    });`;
  const killed = () => {
    const tsx = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', script, path];
    assert.is(spawnSync(process.execPath, tsx).signal, 'SIGKILL');
  };
  killed();
  assert.is((await readdir(directory)).length, 2);
  await write(join(directory, 'other'));
  await rm(join(directory, 'other'));
  await assertOnly(directory, 'old');
  killed();
  await checkReplaceable(path);
  await assertOnly(directory, 'old');
});

test('a process that exits while it writes leaves nothing', async ({ directory, path }) => {
  const files = new URL('../src/files.ts', import.meta.url).href;
  for (const end of ['process.exit(3)', "setImmediate(() => { throw new Error('a bug') })"]) {
    const script = `import { replaceFile } from '${files}';
      await replaceFile(process.argv[1], async (append) => {
        await append(Buffer.from('half'));
        ${end};
        await new Promise((resolve) => setTimeout(resolve, 1e6));
      });`;
    const tsx = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', script, path];
    assert.is.not(spawnSync(process.execPath, tsx).status, 0);
    await assertOnly(directory, 'old');
  }
});

test('a path that cannot be a file is refused in words', async ({ directory, path }) => {
  const loop = join(directory, 'loop');
  await symlink(loop, loop);
  const cases: [path: string, words: RegExp][] = [
    [directory, /is a directory; name a file/],
    [`${directory}/`, /not the name of a file/],
    [`${directory}/new/`, /not the name of a file/],
    ['', /not the name of a file/],
    [`${path}\0`, /not the name of a file/],
    [undefined as unknown as string, /not the name of a file/],
    [join(directory, 'none', 'new'), /directory does not exist/],
    [join(path, 'new'), /not a directory/],
    [loop, /links lead back/],
    [join(loop, 'new'), /links lead back/],
    [join(directory, 'x'.repeat(300)), /too long/],
    ...(fs.existsSync('/dev/full') ? [['/dev/full', /is not a file; name a file/] as [string, RegExp]] : []),
  ];
  for (const [bad, words] of cases) {
    for (const attempt of [checkReplaceable, write]) {
      const error = await endcapErrorOf(attempt(bad) as Promise<unknown>);
      assert.is(error.code, 'write_failed');
      assert.is(error.details.file, bad);
      assert.match(error.message, words);
    }
  }
  await rm(loop);
  await assertOnly(directory, 'old');
});

test('a name as long as the file system allows can be written', async ({ directory }) => {
  const path = join(directory, 'x'.repeat(255));
  await write(path);
  assert.is(await readFile(path, 'utf8'), 'new');
});

test('a link is followed, also to a file that does not exist yet', async ({ directory, path }) => {
  await mkdir(join(directory, 'data'));
  await symlink('data/new', join(directory, 'link'));
  await symlink('link', join(directory, 'second'));
  await symlink('data', join(directory, 'folder'));
  await write(join(directory, 'second'), 'one');
  assert.is(await readFile(join(directory, 'data/new'), 'utf8'), 'one');
  await write(join(directory, 'folder/new'), 'two');
  assert.is(await readFile(join(directory, 'second'), 'utf8'), 'two');
  assert.is(await readFile(path, 'utf8'), 'old');
  assert.equal((await readdir(directory)).sort(), ['data', 'file', 'folder', 'link', 'second']);
  assert.equal(await readdir(join(directory, 'data')), ['new']);
});

testUnless(
  test,
  process.getuid === undefined ? 'this system has no permissions of this kind' : undefined,
  'a folder without permission to write is refused in words',
  async ({ directory, path }) => {
    await chmod(directory, 0o555);
    const isRoot = process.getuid!() === 0;
    if (isRoot) process.seteuid!(65534);
    try {
      const error = await endcapErrorOf(write(path));
      assert.match(error.message, /cannot be written: permission denied$/);
      assert.equal([error.code, error.details], ['write_failed', { file: path, reason: 'EACCES' }]);
    } finally {
      if (isRoot) process.seteuid!(0);
      await chmod(directory, 0o755);
    }
    await assertOnly(directory, 'old');
  },
);

for (const [code, words] of [
  ['ENOSPC', /the disk is full$/],
  ['EDQUOT', /the disk quota is used up$/],
  ['EFBIG', /ulimit -f/],
  ['EIO', /the disk reported an error$/],
] as const) {
  test(`${code} in writing, flushing, or closing is a typed error, and only the old file remains`, async ({
    directory,
    path,
  }) => {
    const refused = async () => {
      const error = await endcapErrorOf(write(path));
      assert.equal([error.code, error.details], ['write_failed', { file: path, reason: code }]);
      assert.match(error.message, words);
      await assertOnly(directory, 'old');
    };
    await withMethods(() => ({ write: () => Promise.reject(systemError(code, 'write')) }), refused);
    const failsToClose = ({ close }: FileHandle) => ({
      async close() {
        await close();
        throw systemError(code, 'close');
      },
    });
    await withMethods(failsToClose, refused);
    await withFunctions(fs, { fsync: failing(systemError(code, 'fsync')) }, refused);
  });
}

test('a file that is written in parts is written completely', async ({ directory, path }) => {
  const inParts = (file: FileHandle) => {
    const whole = file.write.bind(file);
    return { write: (bytes: Uint8Array, at: number, length: number) => whole(bytes, at, Math.min(2, length)) };
  };
  await withMethods(inParts, async () => {
    assert.equal(await write(path, 'new text'), { bytes: 8 });
  });
  await assertOnly(directory, 'new text');
});

test('of folders that were made, those without content can be removed again, and no others', async ({ directory }) => {
  const removeNone = await makeFolder(directory);
  await removeNone();
  const removeAll = await makeFolder(join(directory, 'a/b/c'));
  const removeInner = await makeFolder(join(directory, 'a/b/d/e'));
  await removeInner();
  assert.equal(await readdir(join(directory, 'a/b')), ['c']);
  await write(join(directory, 'a/kept'));
  await removeAll();
  assert.equal(await readdir(join(directory, 'a')), ['kept']);
});

test('where a file or its folder cannot be flushed, the file is written nevertheless', async ({ directory, path }) => {
  const notImplemented = () => {
    throw new Error('Method not implemented.');
  };
  const lacking = ['EINVAL', 'ENOTSUP', 'ENOSYS'].map((code) => failing(systemError(code, 'fsync')));
  for (const [i, fsync] of [fs.fsync, notImplemented, undefined, ...lacking].entries()) {
    // As under Yarn's Plug'n'Play, and in runtimes that have less of Node.
    for (const sync of [notImplemented, undefined]) {
      await withFunctions(fs, { fsync }, () =>
        withMethods(
          () => ({ sync }),
          () => write(path, `new ${i}`).then(() => {}),
        ),
      );
      await assertOnly(directory, `new ${i}`);
    }
  }
});

test('a temporary file that somebody removes is an error that says so', async ({ directory, path }) => {
  const error = await endcapErrorOf(
    replaceFile(path, async (append) => {
      await append(Buffer.from('half'));
      for (const name of await readdir(directory)) if (name !== 'file') await rm(join(directory, name));
    }),
  );
  assert.match(error.message, /its temporary file was removed/);
  await assertOnly(directory, 'old');
});

test('a file that others fill takes the place of the old one in one step, or leaves it', async ({
  directory,
  path,
}) => {
  const fill = (temporary: string) => writeFile(temporary, 'new');
  const error = await thrownBy(withReplacement(path, (temporary) => fill(temporary).then(() => Promise.reject(1))));
  assert.is(error, 1);
  await assertOnly(directory, 'old');
  assert.is(
    await withReplacement(path, (temporary, replace) =>
      fill(temporary)
        .then(replace)
        .then(() => 2),
    ),
    2,
  );
  await assertOnly(directory, 'new');
});

test('a file gets a second name, also where the file system has no links', async ({ directory, path }) => {
  const other = join(directory, 'other');
  for (const isLinked of [true, false]) {
    const link = isLinked ? fs.promises.link : () => Promise.reject(systemError('EPERM', 'link'));
    await withFunctions(fs.promises, { link }, () => duplicateFile(path, other));
    assert.is(fs.statSync(path).ino === fs.statSync(other).ino, isLinked);
    assert.is(await readFile(other, 'utf8'), 'old');
    assert.equal((await readdir(directory)).sort(), ['file', 'other']);
  }
  // Of two names of one file, a rename would leave both.
  await duplicateFile(path, other);
  await duplicateFile(path, other);
  assert.equal((await readdir(directory)).sort(), ['file', 'other']);
  const full = {
    link: () => Promise.reject(systemError('EPERM', 'link')),
    copyFile: () => Promise.reject(systemError('ENOSPC', 'copyfile')),
  };
  await withFunctions(fs.promises, full, async () => {
    const error = await endcapErrorOf(duplicateFile(path, other));
    assert.match(error.message, /other cannot be written: the disk is full/);
  });
  await removeFile(other);
  await removeFile(other);
  await assertOnly(directory, 'old');
});

test('a file that a running process writes is not removed by others', async ({ directory, path }) => {
  const other = join(directory, temporaryName());
  await writeFile(other, 'half');
  await replaceFile(path, () => write(join(directory, 'second')).then(() => {}));
  assert.is(await readFile(other, 'utf8'), 'half');
});

test('a reason is in words, or else what the system says', () => {
  assert.is(whyNot({ code: 'ENOENT' }), 'it does not exist');
  assert.is(whyNot({ code: 'EMFILE' }), 'this process has too many open files');
  assert.is(whyNot({ code: 'EODD', message: 'EODD: odd' }), 'EODD: odd');
});

test.run();
