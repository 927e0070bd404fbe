import { ConfigError, type Tool, tool } from '@pawl/core';
import { z } from 'zod';

export interface AskUserOptions {
  /** @defaultValue 'ask_user' */
  readonly name?: string;
  /** Tells the model when to ask. @defaultValue when it can't go on without knowing something that only the user knows */
  readonly description?: string;
  /** How long an answer is waited for, in milliseconds; then the model is told that none came. @defaultValue no end */
  readonly timeoutMs?: number;
}

/**
 * A tool by which the model asks the user. The run is suspended until somebody answers: the question is among
 * `outcome.pending`, and `host.answer(runId, id, { type: 'reply', fingerprint, value })` gives the answer, from any process.
 *
 * @throws ConfigError for a name that can't be sent, or a time that is none.
 */
export function askUser({ name = 'ask_user', description = WHEN, timeoutMs }: AskUserOptions = {}): Tool<unknown> {
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    throw new ConfigError(`Tool "${name}": timeoutMs is ${timeoutMs}. Pass a number of milliseconds, or leave it out.`);
  }
  return tool({
    name,
    description,
    input: z.object({
      question: z.string().min(1).describe('One question, as the user is to read it.'),
      options: z.array(z.string()).optional().describe('The answers to choose from, where there are only these.'),
    }),
    effect: 'read',
    ...(timeoutMs === undefined ? {} : { approvalTimeoutMs: timeoutMs }),
  });
}

const WHEN =
  "Asks the user a question and waits for the answer. Only where you can't go on without something that nobody but the user knows.";
