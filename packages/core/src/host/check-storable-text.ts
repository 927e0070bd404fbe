import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import { isStorable } from './read-run-id.ts';

/** Checks an optional text that is stored with a run. Refuses texts that some database would not return unchanged. @throws ConfigError */
export function checkStorableText(text: string | undefined, option: string): void {
  if (text === undefined || isStorable(text)) return;
  throw new ConfigError(
    `${option} is ${describeValue(text)}. Pass a text that is not empty, without NUL characters and lone surrogates, or leave it out.`,
  );
}
