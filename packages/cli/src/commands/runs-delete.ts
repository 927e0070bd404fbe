import type { CommandContext } from '../command-context.ts';
import { createUsageError } from '../errors.ts';
import { requireRuns } from '../target/open-target.ts';
import { count } from '../terminal/run-printer.ts';

/** `pawl runs delete --older-than 30d | --id ID` */
export async function executeRunsDelete(context: CommandContext): Promise<number> {
  const { args, output } = context;
  const [olderThanMs, runIds] = [args.getDurationMs('older-than'), args.getTexts('id')];
  if ((olderThanMs === undefined) === (runIds.length === 0)) {
    throw createUsageError('Pass --older-than TIME or --id ID, and not both.');
  }
  const runs = await requireRuns(context, 'write');
  try {
    const deleted = await runs.delete(olderThanMs === undefined ? { runIds } : { olderThanMs });
    if (args.hasFlag('json')) await output.writeJson({ type: 'deleted', count: deleted });
    else await output.writeLine(`Deleted ${count(deleted, 'run')}.`);
    return 0;
  } finally {
    await runs.close();
  }
}
