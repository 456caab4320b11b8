/** Processors of another kind, whose programs qemu runs, with either C library. */
import { suite } from 'uvu';
import { glibcArm64, glibcX64, muslArm64 } from './hosts.ts';
import { locallyBuiltOn, prebuiltOn, testPlatform } from './platform.ts';

const test = suite('platforms: arm64');
const here = locallyBuiltOn(await glibcX64());
const glibc = prebuiltOn(await glibcArm64());
await testPlatform(test, glibc, [here]);
await testPlatform(test, prebuiltOn(await muslArm64()), [here, glibc]);

test.run();
