import type { CommandContext } from '../command-context.ts';
import { requireRuns } from '../target/open-target.ts';
import { toRunObject } from '../terminal/describe-run.ts';

/** `pawl runs export ID`: the run, then its recorded events. */
export async function executeRunsExport(context: CommandContext): Promise<number> {
  const { args, output } = context;
  const runs = await requireRuns(context, 'read');
  try {
    const row = await runs.get(args.getPositional(0));
    await output.writeJson(toRunObject(row));
    for (const event of await runs.readEvents(row.runId)) await output.writeJson(event);
    return 0;
  } finally {
    await runs.close();
  }
}
