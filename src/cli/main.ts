#!/usr/bin/env node
/** The entry point of the command line, which reads no more code than what it is asked for needs. */
import { version } from '../version.ts';

const [first = ''] = process.argv.slice(2);
if (['-V', '--version'].includes(first)) console.log(version);
else await import('./run.ts');
