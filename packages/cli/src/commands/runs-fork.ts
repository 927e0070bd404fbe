import type { CommandContext } from '../command-context.ts';
import { createUsageError } from '../errors.ts';
import { openAgent } from '../target/open-target.ts';
import { readApprovalMode, readForm, watchRun } from '../watch-run.ts';

/** `pawl runs fork ID AGENT --before STEP` */
export async function executeRunsFork(context: CommandContext): Promise<number> {
  const { args, output } = context;
  const form = readForm(args);
  const approve = readApprovalMode(args);
  const [before, input] = [args.getText('before'), args.getText('input')];
  if (before === undefined) {
    throw createUsageError(
      `--before is missing: a step such as model:3. They are listed by: pawl runs show ${args.getPositional(0)} --journal`,
    );
  }
  const agent = await openAgent(args.getPositional(1), context);
  try {
    const forked = await agent.runs.fork(args.getPositional(0), { before, ...(input !== undefined && { input }) });
    if (form === 'text') output.note(`── forked from ${args.getPositional(0)} before ${before}: run ${forked}`, 'dim');
    return await watchRun(context, { agent, run: agent.resume(forked), form, approve });
  } finally {
    await agent.runs.close();
  }
}
