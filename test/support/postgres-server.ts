/** A Postgres server for several runs of tests: prints its address for ENDCAP_TEST_POSTGRES, and runs until SIGTERM. */
import { startOwnPostgres } from './postgres.ts';
import { printAndRun } from './servers.ts';

await printAndRun(await startOwnPostgres());
