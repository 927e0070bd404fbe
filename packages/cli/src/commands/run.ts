import type { CommandContext } from '../command-context.ts';
import { readQuestion } from '../read-input.ts';
import { readLimits } from '../read-limits.ts';
import { openAgent } from '../target/open-target.ts';
import { readApprovalMode, readForm, watchRun } from '../watch-run.ts';

/** `pawl run AGENT ["question" | -]` */
export async function executeRun(context: CommandContext): Promise<number> {
  const { args } = context;
  const form = readForm(args);
  const approve = readApprovalMode(args);
  const limits = readLimits(args);
  const [runId, conversation] = [args.getText('id'), args.getText('conversation')];
  const agent = await openAgent(args.getPositional(0), context);
  try {
    const question = await readQuestion(args.positionals[1], context);
    const started = agent.start(question, {
      limits,
      ...(runId !== undefined && { runId }),
      ...(conversation !== undefined && { conversation }),
    });
    return await watchRun(context, { agent, run: started, form, approve });
  } finally {
    await agent.runs.close();
  }
}
