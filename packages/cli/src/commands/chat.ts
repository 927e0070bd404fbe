import { randomUUID } from 'node:crypto';
import { Chat } from '../chat/chat.ts';
import type { CommandContext } from '../command-context.ts';
import { createUsageError, describeError } from '../errors.ts';
import { getExitCode } from '../exit-code.ts';
import { readLimits } from '../read-limits.ts';
import { openAgent } from '../target/open-target.ts';
import { ChatInput } from '../terminal/chat-input.ts';

/** `pawl chat AGENT`: appends lines and repaints nothing, so it works in pipes, logs and with screen readers. */
export async function executeChat(context: CommandContext): Promise<number> {
  const { args, interrupts, output } = context;
  const given = args.getText('conversation');
  if (given !== undefined && args.hasFlag('continue'))
    throw createUsageError('--continue and --conversation exclude each other.');
  const limits = readLimits(args);
  const { memoryWireLog } = await import('@pawl/core/wire-log');
  const wireLog = memoryWireLog({ maxRuns: 10 });
  const agent = await openAgent(args.getPositional(0), context, { wireLog });
  const input = new ChatInput(context);
  try {
    const newest = args.hasFlag('continue') ? await agent.findNewestConversation() : undefined;
    if (args.hasFlag('continue') && newest === undefined)
      output.note('There is no conversation to continue: this is a new one.');
    const conversation = given ?? newest ?? randomUUID();
    const chat = new Chat(context, { agent, input, limits, conversation, wireLog });
    const leave = Promise.withResolvers<number>();
    // Of the prompt: a run at work has its own.
    const stop = interrupts.handle((interruption) =>
      leave.resolve(interruption === 'SIGTERM' ? getExitCode('terminated') : 0),
    );
    try {
      return await Promise.race([leave.promise, hold(chat, { input, context })]);
    } finally {
      stop();
    }
  } finally {
    input.close();
    await agent.runs.close(0);
  }
}

async function hold(
  chat: Chat,
  { input, context: { output } }: { readonly input: ChatInput; readonly context: CommandContext },
): Promise<number> {
  await chat.begin();
  for (;;) {
    const line = await input.read('> ');
    if (line === undefined) return 0;
    if (line.trim() === '') continue;
    try {
      const end = await chat.handle(line);
      if (end !== undefined) return end;
    } catch (error) {
      // A mistake in one line does not end the conversation.
      await output.endLine();
      output.noteWhole(`pawl: ${describeError(error).message}`, 'red');
    }
  }
}
