import { copyJson } from '../base/copy-json.ts';
import { ConfigError, HostError } from '../base/errors.ts';
import { isJson } from '../base/json.ts';
import type { UserMessage } from '../chat/message.ts';
import type { AcceptedAnswer, Answer } from '../event/answer.ts';
import { getErrorMessage } from '../event/error-data.ts';
import { ApprovalError } from './errors.ts';
import type { PendingAnswer } from './step-runner.ts';

/** A call that waits for an answer from outside the run, as every host stores it. */
export interface Wait {
  readonly fingerprint: string;
  readonly accepts: readonly AcceptedAnswer[];
  /** Milliseconds since 1970; `Infinity`: the wait never expires. */
  readonly expiresAt: number;
  readonly answer?: PendingAnswer;
  /** Who gave the answer. */
  readonly by?: string;
  /** Whether the run has received the result, an answer or the expiry. Every later attempt receives the same. */
  readonly isDelivered: boolean;
}

/** Whether the wait still takes an answer. A delivered expiry is as final as an answer. */
export function isOpen({ answer, isDelivered }: Wait): boolean {
  return answer === undefined && !isDelivered;
}

export interface AnswerTarget {
  readonly runId: string;
  readonly pendingId: string;
  readonly wait: Wait | undefined;
  /** The status with which the run ended; `undefined` if it has not ended. */
  readonly endStatus: string | undefined;
  readonly now: number;
}

/**
 * Returns the wait that the answer is for.
 *
 * @throws ApprovalError if the wait cannot take this answer: unknown, answered, ended, expired, of an invalid form or with another fingerprint.
 */
export function checkAnswer(answer: Answer, { runId, pendingId, wait, endStatus: ended, now }: AnswerTarget): Wait {
  const call = `Pending call "${pendingId}" of run "${runId}"`;
  if (wait === undefined) {
    throw new ApprovalError(`Run "${runId}" has no pending call "${pendingId}". See outcome.pending.`, {
      code: 'approval.unknown',
    });
  }
  if (wait.answer !== undefined)
    throw new ApprovalError(`${call} is already answered. The first answer counts.`, { code: 'approval.used' });
  if (ended !== undefined) {
    throw new ApprovalError(`Run "${runId}" has ended as ${ended}. Nothing was approved.`, { code: 'approval.ended' });
  }
  if (wait.isDelivered || now >= wait.expiresAt) {
    throw new ApprovalError(`${call} has expired. Nothing was approved.`, { code: 'approval.expired' });
  }
  if (!isComplete(answer) || !wait.accepts.includes(getForm(answer))) {
    const forms = wait.accepts.map((type) => FORMS[type]).join(', or ');
    throw new ApprovalError(`${call} does not accept this answer. Pass ${forms}.`, {
      code: 'approval.invalid',
    });
  }
  if (!isJson(answer)) throw new ApprovalError(describeProblem(answer, call), { code: 'approval.invalid' });
  if (answer.fingerprint !== wait.fingerprint) {
    throw new ApprovalError(
      `The answer has fingerprint "${answer.fingerprint}", but pending call "${pendingId}" has another one: its tool or its arguments differ. Show the person outcome.pending again.`,
      { code: 'approval.mismatch' },
    );
  }
  return wait;
}

/** Rejects an incomplete answer of a caller without types. Once stored, it could not be replaced, and the run could never continue. */
function isComplete(answer: Answer): boolean {
  if (answer?.type === 'approve') return answer.always === undefined || typeof answer.always === 'boolean';
  if (answer?.type === 'edit') return answer.arguments !== undefined;
  return (answer?.type !== 'result' && answer?.type !== 'resume') || answer.value !== undefined;
}

function getForm(answer: Answer): AcceptedAnswer {
  return answer?.type === 'approve' && answer.always === true ? 'approve_always' : answer?.type;
}

const FORMS: Readonly<Record<AcceptedAnswer, string>> = {
  approve: '{ type: "approve", fingerprint }',
  approve_always: '{ type: "approve", fingerprint, always: true }',
  deny: '{ type: "deny", fingerprint, reason }',
  edit: '{ type: "edit", fingerprint, arguments }',
  result: '{ type: "result", fingerprint, value }',
  resume: '{ type: "resume", fingerprint, value }',
};

/** Names the part of the answer that is not JSON. */
function describeProblem(answer: Answer, call: string): string {
  try {
    copyJson(answer, { where: call, name: 'answer', ignoresUndefined: true });
    return `${call} got an answer that is not JSON. Pass a value that JSON.parse can return.`;
  } catch (error) {
    return getErrorMessage(error);
  }
}

/** @throws ConfigError if the message is not a user message, or has a value that JSON cannot represent. */
export function checkMessage(message: UserMessage, runId: string): void {
  if (message?.role === 'user') {
    copyJson(message, { where: `A message to run "${runId}"`, name: 'message', ignoresUndefined: true });
    return;
  }
  throw new ConfigError(`The message to run "${runId}" is not a user message. Pass { role: "user", content: "…" }.`);
}

export function createRunExistsError(runId: string): HostError {
  return new HostError(
    `Run "${runId}" already exists. Pass another runId, use agent.resume, or pass onExistingRun: "attach".`,
    {
      code: 'run.exists',
    },
  );
}

export function createUnknownRunError(runId: string): HostError {
  return new HostError(`Run "${runId}" does not exist on this host. Pass the host that it was started on.`, {
    code: 'run.unknown',
  });
}

/** For a deletion of runs that have not ended. */
export function createNotEndedError(runIds: readonly string[]): HostError {
  const named = runIds.slice(0, 10).map((runId) => `"${runId}"`);
  const rest = runIds.length - named.length;
  return new HostError(
    `host.deleteRuns: these runs have not ended: ${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}. Nothing was deleted. Cancel and resume them first, or leave them out.`,
    { code: 'run.not_ended' },
  );
}

export function createNotWaitingError(runId: string): HostError {
  return new HostError(`Run "${runId}" waits for nothing. Pass outcome.messages and the message to agent.run.`, {
    code: 'run.not_waiting',
  });
}

/** For a write of an attempt whose run another attempt has claimed: this process did not renew its claim in time. */
export function createRunLostError(runId: string): HostError {
  return new HostError(
    `Another worker has taken over run "${runId}", because this worker lost its claim. The run continues there: resume it by its id to follow it.`,
    { code: 'run.lost' },
  );
}
