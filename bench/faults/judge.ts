import { checkHistory } from '@pawl/testing';
import { ANSWER, type FaultTrial, type FrameworkRun } from './fault.ts';

/** It ended with the answer, and nothing says that this is not one. */
export function hasAnswer({ did }: FaultTrial): boolean {
  return did.ended === 'answered' && did.text?.trim() === ANSWER && isOrdinary(did);
}

/** It did not end as if all were well: it threw, or says how the model ended. */
export function hasReportedProblem({ did }: FaultTrial): boolean {
  return did.ended === 'threw' || (did.ended === 'answered' && !isOrdinary(did));
}

/** Frameworks that name no finish reason leave it to be taken for the ordinary one. */
function isOrdinary({ finish }: FrameworkRun): boolean {
  return finish === undefined || finish === 'stop';
}

export function hasRunTools({ did }: FaultTrial, inputs: readonly unknown[]): boolean {
  const sortInputs = (all: readonly unknown[]): string =>
    JSON.stringify(all.map((each) => JSON.stringify(each)).sort());
  return sortInputs(did.ran.map(({ input }) => input)) === sortInputs(inputs);
}

/** What the model was told of its calls, in the last request. */
export function listResults({ requests }: FaultTrial): readonly string[] {
  const messages = requests.at(-1)?.body.messages ?? [];
  return messages.flatMap((message) => {
    if (message.role !== 'tool') return [];
    return [typeof message.content === 'string' ? message.content : JSON.stringify(message.content)];
  });
}

/** The last conversation that it sent could be sent to OpenAI's server. */
export function hasValidHistory({ requests }: FaultTrial): boolean {
  return checkHistory(requests.at(-1)?.body.messages ?? []).length === 0;
}
