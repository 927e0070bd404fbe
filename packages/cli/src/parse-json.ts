import type { Json } from '@pawl/core/chat';
import { createUsageError } from './errors.ts';

/** Parses the value of an option. @throws CliError */
export function parseJson(text: string | undefined, option: string): Json {
  if (text === undefined) throw createUsageError(`${option} is missing. Pass JSON, such as ${option} '{"ok": true}'.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw createUsageError(
      `${option} is not JSON: ${error instanceof Error ? error.message : String(error)}. A text is in double quotes: ${option} '"yes"'.`,
    );
  }
}
