import { checkHistory } from '@pawl/testing';
import { ANSWER, type FaultTrial, type FrameworkRun } from './fault.ts';

/** Whether the run ended with the answer and an ordinary finish reason. */
export function hasAnswer({ did }: FaultTrial): boolean {
  return did.ended === 'answered' && did.text?.trim() === ANSWER && isOrdinary(did);
}

/** Whether the framework reported a problem: it threw, or exposes another finish reason. */
export function hasReportedProblem({ did }: FaultTrial): boolean {
  return did.ended === 'threw' || (did.ended === 'answered' && !isOrdinary(did));
}

/** Without a finish reason, a caller assumes the ordinary one. */
function isOrdinary({ finish }: FrameworkRun): boolean {
  return finish === undefined || finish === 'stop';
}

export function hasRunTools({ did }: FaultTrial, inputs: readonly unknown[]): boolean {
  const sortInputs = (all: readonly unknown[]): string =>
    JSON.stringify(all.map((each) => JSON.stringify(each)).sort());
  return sortInputs(did.ran.map(({ input }) => input)) === sortInputs(inputs);
}

/** Lists the tool results in the last request. */
export function listResults({ requests }: FaultTrial): readonly string[] {
  const messages = requests.at(-1)?.body.messages ?? [];
  return messages.flatMap((message) => {
    if (message.role !== 'tool') return [];
    return [typeof message.content === 'string' ? message.content : JSON.stringify(message.content)];
  });
}

/** Whether OpenAI's server would accept the last conversation. */
export function hasValidHistory({ requests }: FaultTrial): boolean {
  return checkHistory(requests.at(-1)?.body.messages ?? []).length === 0;
}
