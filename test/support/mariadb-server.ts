/** A MariaDB server for several runs of tests: prints its address for ENDCAP_TEST_MYSQL, and runs until SIGTERM. */
import { startOwnMariadb } from './mariadb.ts';
import { printAndRun } from './servers.ts';

await printAndRun(await startOwnMariadb());
