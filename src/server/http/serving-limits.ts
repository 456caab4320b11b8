import {
  finiteNumber,
  invalidOption,
  maxTimerMs,
  optionalFunctions,
  optionalSignal,
  wholeNumber,
} from '../../options.ts';
import type { ServeOptions } from '../serve.ts';

/** Options of a server that do not depend on what it answers with; `app` and functions aside, they can go to other threads. */
export type ServingLimits = Required<
  Pick<
    ServeOptions,
    'host' | 'port' | 'graceMs' | 'drainMs' | 'maxConnections' | 'requestTimeoutMs' | 'keepAliveTimeoutMs'
  >
>;

/** @throws `invalid_options` */
export function checkedServing(options: Omit<ServeOptions, 'app'>): ServingLimits {
  const { host = '127.0.0.1', port = 5000, graceMs = 10_000, drainMs = 0 } = options;
  const { maxConnections = 2000, requestTimeoutMs = 20_000, keepAliveTimeoutMs = 65_000 } = options;
  wholeNumber('port', port, 0, 65535);
  if (typeof host !== 'string' || host === '')
    throw invalidOption('host', host, 'a name or address of this machine, such as 127.0.0.1');
  finiteNumber('graceMs', graceMs, 0, maxTimerMs);
  finiteNumber('drainMs', drainMs, 0, maxTimerMs);
  optionalSignal(options.signal);
  optionalFunctions({ onError: options.onError });
  wholeNumber('maxConnections', maxConnections, 1, 2 ** 31);
  wholeNumber('requestTimeoutMs', requestTimeoutMs, 1, maxTimerMs);
  wholeNumber('keepAliveTimeoutMs', keepAliveTimeoutMs, 1, maxTimerMs);
  return { host, port, graceMs, drainMs, maxConnections, requestTimeoutMs, keepAliveTimeoutMs };
}
