import type { CommandContext } from '../command-context.ts';
import { quoteArgument, requireRuns } from '../target/open-target.ts';

/** `pawl runs cancel ID` */
export async function executeRunsCancel(context: CommandContext): Promise<number> {
  const { args, output } = context;
  const runId = args.getPositional(0);
  const runs = await requireRuns(context, 'write');
  try {
    await runs.cancel(runId, args.getText('reason'));
    const { status } = await runs.get(runId);
    if (args.hasFlag('json')) await output.writeJson({ type: 'cancelled', runId, status });
    else await output.writeLine(`Cancelled run ${runId}.`);
    // Without a worker the end is recorded by the process that resumes the run.
    if (!runs.isServer && (status === 'interrupted' || status === 'suspended' || status === 'queued')) {
      output.noteWhole(
        `It ends when a worker takes it, or with: pawl runs resume ${quoteArgument(runId)} AGENT${runs.spelling}`,
      );
    }
    return 0;
  } finally {
    await runs.close();
  }
}
