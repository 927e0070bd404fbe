import type { CommandContext } from '../command-context.ts';
import type { Interruption } from '../interrupts.ts';
import type { ShownOutcome } from '../run-row.ts';
import type { WatchedRun } from '../target/agent-target.ts';
import type { ChatInput } from '../terminal/chat-input.ts';
import type { RunPrinter } from '../terminal/run-printer.ts';

export type ChatRunEnd =
  | { readonly type: 'ended'; readonly outcome: ShownOutcome }
  /** The person leaves the chat. */
  | { readonly type: 'left'; readonly interruption: Interruption };

export interface ChatRunOptions {
  readonly run: WatchedRun;
  readonly printer: RunPrinter;
  readonly input: ChatInput;
}

/** Shows a run while lines go to its model. Ctrl-C cancels it, a second one leaves the chat; SIGTERM leaves the run as it is. */
export async function printChatRun(
  context: CommandContext,
  { run, printer, input }: ChatRunOptions,
): Promise<ChatRunEnd> {
  const { interrupts, output } = context;
  const left = Promise.withResolvers<ChatRunEnd>();
  const stopSignals = interrupts.handle((interruption, times) => {
    if (interruption !== 'SIGINT') void run.detach().finally(() => left.resolve({ type: 'left', interruption }));
    else if (times === 1)
      void run.abort().catch(() => undefined); // It has ended.
    else interrupts.endNow(interruption);
  });
  const stopLines = input.listen((line) => void steer(line));
  const steer = async (line: string): Promise<void> => {
    const text = line.replace(/^\/steer\s+/, '').trim();
    if (text === '') return;
    if (text.startsWith('/')) return output.note('The run is at work: only /steer TEXT, or text. Ctrl-C cancels it.');
    const isTaken = await run.steer(text).catch(() => false);
    if (!isTaken) output.note('   ! The run has ended before it got that. Send it again.', 'yellow');
  };
  const printAll = async (): Promise<ChatRunEnd> => {
    let outcome: ShownOutcome | undefined;
    for await (const event of run) {
      await printer.print(event);
      if (event.type === 'run.finished' && event.path === '') outcome = event.outcome;
    }
    return { type: 'ended', outcome: outcome ?? (await run.outcome()) };
  };
  try {
    const ended = printAll();
    ended.catch(() => undefined); // After SIGTERM nothing waits for it.
    return await Promise.race([ended, left.promise]);
  } finally {
    stopLines();
    stopSignals();
  }
}
