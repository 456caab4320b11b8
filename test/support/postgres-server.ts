/**
 * A Postgres server for several runs of tests: prints its address for ENDCAP_TEST_POSTGRES, and runs until SIGTERM. If there is
 * none, it prints the reason, and the exit code is 1.
 */
import { once } from 'node:events';
import { startOwnPostgres } from './postgres.ts';

const postgres = await startOwnPostgres();
if (typeof postgres === 'string') {
  console.log(postgres);
  process.exitCode = 1;
} else {
  console.log(postgres.address);
  // Waiting for a signal does not keep a process alive.
  const alive = setInterval(() => {}, 60_000);
  await once(process, 'SIGTERM');
  clearInterval(alive);
  await postgres.stop();
}
