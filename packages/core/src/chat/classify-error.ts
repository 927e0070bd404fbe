import { isContextLengthError } from './context-length.ts';
import { isFilterError } from './filtered-prompt.ts';
import { isMalformedResponse } from './malformed-response.ts';
import type { ServerError } from './server-error.ts';

/**
 * What an error is about, beyond its status:
 *
 * - `malformed`: the model wrote something that the server cannot read.
 * - `filtered`: a filter of content stopped the prompt or the response.
 * - `context_length`: the conversation is longer than the model can read.
 */
export type ErrorKind = 'malformed' | 'filtered' | 'context_length';

/** The first that applies: the words of a malformed response may be about anything. */
export function classifyError(error: ServerError): ErrorKind | undefined {
  if (isMalformedResponse(error)) return 'malformed';
  if (isFilterError(error)) return 'filtered';
  return isContextLengthError(error) ? 'context_length' : undefined;
}
