import { HostError } from '../base/errors.ts';

/**
 * What a step gave, as JSON.
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
    throw new HostError(`Step "${name}" of run "${runId}" gave what is no JSON. Look at the tool's middleware.`, {
      code: 'step.not_json',
      cause,
    });
  }
  throw new HostError(`Step "${name}" of run "${runId}" gave nothing. Give JSON.`, { code: 'step.not_json' });
}
