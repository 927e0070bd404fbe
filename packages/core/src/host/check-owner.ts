import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import { isStorable } from './read-run-id.ts';

/** Checks the owner of a run. Refuses texts that some database would not return unchanged. @throws ConfigError */
export function checkOwner(owner: string | undefined, where: string): void {
  if (owner === undefined || isStorable(owner)) return;
  throw new ConfigError(
    `${where}: owner is ${describeValue(owner)}. Pass a text that is not empty, without NUL characters and lone surrogates, or leave it out.`,
  );
}
