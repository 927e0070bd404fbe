import { isContextLengthError } from './context-length.ts';
import { isFilterError } from './filtered-prompt.ts';
import { isMalformedResponse } from './malformed-response.ts';
import type { ServerError } from './server-error.ts';

/**
 * The kind of an error, beyond its status:
 *
 * - `malformed`: the model wrote something that the server cannot read.
 * - `filtered`: a content filter stopped the prompt or the response.
 * - `context_length`: the conversation is longer than the model can read.
 */
export type ErrorKind = 'malformed' | 'filtered' | 'context_length';

/** The first kind that applies. `malformed` is first, because the quoted text of the model can be about anything. */
export function classifyError(error: ServerError): ErrorKind | undefined {
  if (isMalformedResponse(error)) return 'malformed';
  if (isFilterError(error)) return 'filtered';
  return isContextLengthError(error) ? 'context_length' : undefined;
}
