import type { CommandContext } from '../command-context.ts';
import { getInterruptCode, type Interruption } from '../interrupts.ts';
import { requireRuns } from '../target/open-target.ts';
import { RunPrinter } from '../terminal/run-printer.ts';
import { getRunCode } from './runs-show.ts';

/** `pawl runs watch ID`: follows a run that another process works on. */
export async function executeRunsWatch(context: CommandContext): Promise<number> {
  const { args, interrupts, output } = context;
  const form = args.hasFlag('json') ? 'jsonl' : 'text';
  const runs = await requireRuns(context, 'read');
  const stop = new AbortController();
  let interruption: Interruption | undefined;
  const end = interrupts.handle((given, times) => {
    interruption = given;
    stop.abort();
    if (times > 1) interrupts.endNow(given);
  });
  try {
    const runId = args.getPositional(0);
    const printer = new RunPrinter(output, { form, hasTextGuard: false });
    for await (const event of runs.follow(runId, { signal: stop.signal, untilSuspended: true }))
      await printer.print(event);
    if (interruption !== undefined) return getInterruptCode(interruption);
    const row = await runs.get(runId);
    if (row.outcome !== undefined) await printer.finish(row.outcome);
    return getRunCode(row);
  } finally {
    end();
    await runs.close();
  }
}
