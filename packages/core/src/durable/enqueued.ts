import { ConfigError } from '../base/errors.ts';
import type { Message } from '../chat/message.ts';
import { messagesOf } from './fork.ts';
import type { EnqueueOptions, RunRecord } from './host.ts';
import { runIdOf } from './run-id.ts';

interface Enqueued {
  readonly input: string | readonly Message[];
  readonly options: EnqueueOptions;
  readonly now: number;
}

/** The record of a run that nobody has begun. Whether the messages can be sent is seen when it begins. */
export function enqueuedRecord(agent: string, { input, options, now }: Enqueued): RunRecord {
  const { limits = {}, metadata = {} } = options;
  const runId = runIdOf(options.runId);
  const messages = messagesOf(input);
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new ConfigError(`Nothing was enqueued for agent "${agent}". Pass a text, or a list of messages.`);
  }
  return { runId, agent, messages, limits, metadata, at: now, isEnqueued: true };
}
