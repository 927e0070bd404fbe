import { copyJson } from '../base/copy-json.ts';
import { ConfigError, HostError } from '../base/errors.ts';
import { isJson } from '../base/json.ts';
import type { UserMessage } from '../chat/message.ts';
import type { Answer } from '../event/answer.ts';
import { messageOf } from '../event/error-data.ts';
import { ApprovalError } from './errors.ts';
import type { PendingAnswer } from './step-runner.ts';

/** A call that waits for a word from outside, as every host keeps it. */
export interface Wait {
  readonly fingerprint: string;
  readonly accepts: readonly Answer['type'][];
  /** Milliseconds since 1970; `Infinity` for no end. */
  readonly expiresAt: number;
  readonly answer?: PendingAnswer;
  /** Whether the run was told what came of it. */
  readonly isDelivered: boolean;
}

/** An expiry that the run was told of stands, like an answer. */
export function isOpen({ answer: word, isDelivered: taken }: Wait): boolean {
  return word === undefined && !taken;
}

export interface AnswerTarget {
  readonly runId: string;
  readonly pendingId: string;
  readonly wait: Wait | undefined;
  /** How the run ended, where it did. */
  readonly endStatus: string | undefined;
  readonly now: number;
}

/**
 * Gives the wait that the answer is for.
 *
 * @throws ApprovalError where the answer would approve another call than the one that waits.
 */
export function checkAnswer(answer: Answer, { runId, pendingId, wait, endStatus: ended, now }: AnswerTarget): Wait {
  const call = `Pending call "${pendingId}" of run "${runId}"`;
  if (wait === undefined) {
    throw new ApprovalError(`Run "${runId}" has no pending call "${pendingId}". See outcome.pending.`, {
      code: 'approval.unknown',
    });
  }
  if (wait.answer !== undefined) throw new ApprovalError(`${call} was answered already.`, { code: 'approval.used' });
  if (ended !== undefined) {
    throw new ApprovalError(`Run "${runId}" has ended as ${ended}. Nothing was approved.`, { code: 'approval.ended' });
  }
  if (wait.isDelivered || now >= wait.expiresAt) {
    throw new ApprovalError(`${call} has expired. Nothing was approved.`, { code: 'approval.expired' });
  }
  if (!wait.accepts.includes(answer?.type) || !isComplete(answer)) {
    const forms = wait.accepts.map((type) => FORMS[type]).join(', or ');
    throw new ApprovalError(`${call} was given no answer that it can take. Pass ${forms}.`, {
      code: 'approval.invalid',
    });
  }
  if (!isJson(answer)) throw new ApprovalError(describeProblem(answer, call), { code: 'approval.invalid' });
  if (answer.fingerprint !== wait.fingerprint) {
    throw new ApprovalError(
      `The answer is for fingerprint "${answer.fingerprint}", but pending call "${pendingId}" has another: it is not the same call with the same arguments. Show the person outcome.pending again.`,
      { code: 'approval.mismatch' },
    );
  }
  return wait;
}

/** Where types are not checked, another form would be kept for good and leave the run without a way on. */
function isComplete(answer: Answer): boolean {
  if (answer.type === 'edit') return answer.arguments !== undefined;
  return answer.type !== 'result' || answer.value !== undefined;
}

const FORMS: Readonly<Record<Answer['type'], string>> = {
  approve: '{ type: "approve", fingerprint }',
  deny: '{ type: "deny", fingerprint, reason }',
  edit: '{ type: "edit", fingerprint, arguments }',
  result: '{ type: "result", fingerprint, value }',
};

/** Where an answer is no JSON. */
function describeProblem(answer: Answer, call: string): string {
  try {
    copyJson(answer, { where: call, name: 'answer', ignoresUndefined: true });
    return `${call} was given an answer that is no JSON. Pass what JSON.parse could give.`;
  } catch (error) {
    return messageOf(error);
  }
}

/** @throws ConfigError for a message that is not a user's, and for what JSON can't hold. */
export function checkMessage(message: UserMessage, runId: string): void {
  if (message?.role === 'user') {
    copyJson(message, { where: `A message to run "${runId}"`, name: 'message', ignoresUndefined: true });
    return;
  }
  throw new ConfigError(`A message to run "${runId}" has to be a user's: { role: "user", content: "…" }.`);
}

export function createRunExistsError(runId: string): HostError {
  return new HostError(
    `Run "${runId}" exists already. Pass another runId, use agent.resume, or pass onExistingRun: "attach".`,
    {
      code: 'run.exists',
    },
  );
}

export function createUnknownRunError(runId: string): HostError {
  return new HostError(`There is no run "${runId}" here. Pass the host that it was started on.`, {
    code: 'run.unknown',
  });
}

export function createNotWaitingError(runId: string): HostError {
  return new HostError(`Run "${runId}" waits for nothing. Pass outcome.messages and the message to agent.run.`, {
    code: 'run.not_waiting',
  });
}

/** Another attempt has claimed the run, since this process was away for longer than its claim holds. */
export function createRunLostError(runId: string): HostError {
  return new HostError(
    `Run "${runId}" was taken over by another worker, since this one had lost its place. It goes on there.`,
    { code: 'run.lost' },
  );
}
