/** Processors of another kind, whose programs qemu runs. */
import { suite } from 'uvu';
import { glibcArm64, glibcX64 } from './hosts.ts';
import { locallyBuiltOn, prebuiltOn, testPlatform } from './platform.ts';

const test = suite('platforms: glibc on arm64');
const here = locallyBuiltOn(await glibcX64());
// Emulation takes ten times as long, and WebAssembly that V8 compiles for arm64 is not ours: it learns, and that is all.
const files = /^(?!web\/|wasm\.|twins\.)/;
await testPlatform(test, await prebuiltOn(await glibcArm64()), [here], { files, only: 'native' });

test.run();
