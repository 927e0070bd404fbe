import { DurableError } from '../base/errors.ts';

/**
 * What a step gave, as JSON.
 *
 * @throws DurableError `step.no_json`
 */
export function stepText(value: unknown, { runId, name }: { readonly runId: string; readonly name: string }): string {
  try {
    const text: string | undefined = JSON.stringify(value);
    if (text !== undefined) return text;
  } catch (cause) {
    throw new DurableError(`Step "${name}" of run "${runId}" gave what is no JSON. Look at the tool's middleware.`, {
      code: 'step.no_json',
      cause,
    });
  }
  throw new DurableError(`Step "${name}" of run "${runId}" gave nothing. Give JSON.`, { code: 'step.no_json' });
}
