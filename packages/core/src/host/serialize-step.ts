import { HostError } from '../base/errors.ts';

/**
 * Serializes the value of a step as JSON.
 *
 * @throws HostError `step.not_json`
 */
export function serializeStep(
  value: unknown,
  { runId, name }: { readonly runId: string; readonly name: string },
): string {
  try {
    const text: string | undefined = JSON.stringify(value);
    if (text !== undefined) return text;
  } catch (cause) {
    throw new HostError(`Step "${name}" of run "${runId}" has a value that is not JSON. Check the tool's middleware.`, {
      code: 'step.not_json',
      cause,
    });
  }
  throw new HostError(`Step "${name}" of run "${runId}" has no value. Return JSON.`, { code: 'step.not_json' });
}
