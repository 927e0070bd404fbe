import { copyJson } from '../base/copy-json.ts';
import { ConfigError } from '../base/errors.ts';
import { checkOptions, describeValue, type OptionTable } from '../base/options.ts';
import type { Message } from '../chat/message.ts';
import { checkLimits, LIMITS } from '../event/limit-options.ts';
import { copyMetadata } from './copy-metadata.ts';
import { toMessages } from './fork.ts';
import type { EnqueueOptions, RunRecord } from './host.ts';
import { readRunId } from './read-run-id.ts';

interface QueuedRunInput {
  readonly input: string | readonly Message[];
  readonly options: EnqueueOptions;
  readonly now: number;
}

/** The record of a run that nobody has begun. Whether the messages can be sent is seen when it begins. */
export function createQueuedRecord(agent: string, { input, options, now }: QueuedRunInput): RunRecord {
  if (typeof agent !== 'string' || agent === '') {
    throw new ConfigError(
      `host.enqueue: the agent is ${describeValue(agent)}. Pass its name: host.enqueue(agent.name, input).`,
    );
  }
  const where = `enqueue for agent "${agent}"`;
  const { limits = {}, metadata = {}, runId } = checkOptions(options, ENQUEUE, where);
  checkLimits(limits, where); // That a cost needs a price is seen when the run begins.
  const messages = toMessages(input);
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new ConfigError(`Nothing was enqueued for agent "${agent}". Pass a text, or a list of messages.`);
  }
  return {
    runId: readRunId(runId),
    agent,
    messages: copyJson(messages, { where, name: 'messages', ignoresUndefined: true }),
    limits,
    metadata: copyMetadata(metadata, where),
    at: now,
    isEnqueued: true,
  };
}

const ENQUEUE: OptionTable<EnqueueOptions> = {
  keys: {
    runId: 'any',
    limits: LIMITS,
    metadata: 'object',
  },
  hints: {
    id: 'The option is "runId".',
    idempotencyKey: 'The option is "runId".',
    conversation: 'A run that is enqueued is part of no conversation.',
    context: 'It is given where the run is resumed: { agent, context }.',
  },
};
