import { createInspector, type Inspector } from './inspector.ts';
import { type InspectOptions, readInspectOptions } from './options.ts';
import { LocalSource } from './source/local-source.ts';

/**
 * Makes a page for the runs of a host: to look at them, answer them, and replay them.
 *
 * - Without `authorize` only this machine may ask, and only with the token, which is in the fragment of `inspector.createUrl(…)`.
 * - Requests of pages of other sites are refused, and names of hosts that could be rebound to this machine.
 *
 * @throws ConfigError for invalid options
 *
 * @example
 * const inspector = inspect({ host, agents: [support], wireLog });
 * const { url } = await listen(inspector, { port: 7296 });
 * console.log(inspector.createUrl(url));
 */
export function inspect(options: InspectOptions): Inspector {
  const checked = readInspectOptions(options);
  return createInspector(new LocalSource(checked, 'process'), { options: checked, host: checked.host });
}
