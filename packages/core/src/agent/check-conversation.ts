import { DurableError } from '../base/errors.ts';
import type { Conversation } from '../host/conversation.ts';
import type { RunRecord } from '../host/host.ts';

/** A run goes on in the conversation that it began in. @throws DurableError `run.conversation` */
export function checkConversation(
  { runId, conversation: recorded }: Pick<RunRecord, 'runId' | 'conversation'>,
  given: Conversation | undefined,
): void {
  if (recorded?.id === given?.id) return;
  throw new DurableError(problem(runId, { recorded: recorded?.id, given: given?.id }), { code: 'run.conversation' });
}

interface Ids {
  readonly recorded: string | undefined;
  readonly given: string | undefined;
}

function problem(runId: string, { recorded, given }: Ids): string {
  if (recorded === undefined) return `Run "${runId}" is part of no conversation. Leave out conversation "${given}".`;
  const fix = `Pass { conversation: conversation({ id: "${recorded}", store }) }; a host that resumes runs by itself takes { agent, conversation: (record) => … }.`;
  if (given === undefined) return `Run "${runId}" is part of conversation "${recorded}". ${fix}`;
  return `Run "${runId}" is part of conversation "${recorded}", not of "${given}". ${fix}`;
}
