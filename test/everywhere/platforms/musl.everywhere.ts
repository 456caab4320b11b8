/** Alpine and its like, with a Node that is built for musl. */
import { suite } from 'uvu';
import { glibcX64, muslX64 } from './hosts.ts';
import { locallyBuiltOn, prebuiltOn, testPlatform } from './platform.ts';

const test = suite('platforms: musl on x64');
await testPlatform(test, await prebuiltOn(await muslX64()), [locallyBuiltOn(await glibcX64())]);

test.run();
