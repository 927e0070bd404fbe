import type { CommandContext } from '../command-context.ts';
import { openAgent } from '../target/open-target.ts';
import { readApprovalMode, readForm, watchRun } from '../watch-run.ts';

/** `pawl runs resume ID AGENT` */
export async function executeRunsResume(context: CommandContext): Promise<number> {
  const { args } = context;
  const form = readForm(args);
  const approve = readApprovalMode(args);
  const agent = await openAgent(args.getPositional(1), context);
  try {
    return await watchRun(context, { agent, run: agent.resume(args.getPositional(0)), form, approve });
  } finally {
    await agent.runs.close();
  }
}
