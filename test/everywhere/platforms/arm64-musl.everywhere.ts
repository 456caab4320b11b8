/** The same processors, and the same binary, with the other C library. */
import { suite } from 'uvu';
import { glibcArm64, glibcX64, muslArm64 } from './hosts.ts';
import { locallyBuiltOn, prebuiltOn, testPlatform } from './platform.ts';

const test = suite('platforms: musl on arm64');
const others = [locallyBuiltOn(await glibcX64()), await prebuiltOn(await glibcArm64())];
// The arithmetic of the file is tested with glibc, and its threads are Node's, with musl on the other processor: these are the
// tests of what else asks the system for something.
const files = /^(available|damaged|garbage|memory|open|priority)\./;
await testPlatform(test, await prebuiltOn(await muslArm64()), others, { files, only: 'native' });

test.run();
