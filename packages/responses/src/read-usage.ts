import type { CompletionUsage } from '@pawl/core/chat';
import { isRecord } from '@pawl/core/model';

/** Returns `undefined` without both totals: the usage is estimated then. */
export function readUsage(usage: unknown): CompletionUsage | undefined {
  if (!isRecord(usage)) return undefined;
  const { input_tokens: input, output_tokens: output, total_tokens: total } = usage;
  if (typeof input !== 'number' || typeof output !== 'number') return undefined;
  const inputDetails = selectNumbers(usage['input_tokens_details'], ['cached_tokens', 'cache_write_tokens']);
  const outputDetails = selectNumbers(usage['output_tokens_details'], ['reasoning_tokens']);
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: typeof total === 'number' ? total : input + output,
    ...(inputDetails && { prompt_tokens_details: inputDetails }),
    ...(outputDetails && { completion_tokens_details: outputDetails }),
  };
}

function selectNumbers<Name extends string>(
  details: unknown,
  names: readonly Name[],
): { readonly [Key in Name]?: number } | undefined {
  if (!isRecord(details)) return undefined;
  const found = names.flatMap((name) => (typeof details[name] === 'number' ? [[name, details[name]] as const] : []));
  return found.length === 0 ? undefined : (Object.fromEntries(found) as { readonly [Key in Name]?: number }); // Of these names only.
}
