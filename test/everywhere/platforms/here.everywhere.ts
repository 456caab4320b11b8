/** The binary of the package and the one of this machine's own compiler, on this machine. */
import { suite } from 'uvu';
import { glibcX64 } from './hosts.ts';
import { locallyBuiltOn, prebuiltOn, testPlatform } from './platform.ts';

const test = suite('platforms: glibc on x64');
const here = await glibcX64();
await testPlatform(test, await prebuiltOn(here), [locallyBuiltOn(here)]);

test.run();
