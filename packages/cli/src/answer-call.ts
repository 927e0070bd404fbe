import type { Answer, PendingCall } from '@pawl/core';
import { getCallName } from '@pawl/core/chat';
import type { CommandContext } from './command-context.ts';
import { createUsageError } from './errors.ts';
import { listPending } from './run-row.ts';
import { openAgent, quoteArgument, requireRuns } from './target/open-target.ts';
import type { RunTarget } from './target/run-target.ts';
import { showCall } from './terminal/ask-about-call.ts';
import { askLine, canAsk } from './terminal/prompt.ts';
import { count } from './terminal/run-printer.ts';
import { watchRun } from './watch-run.ts';

export interface CallAnswer {
  /** `approve`, `deny` or `answer`: the name of the command. */
  readonly command: string;
  /** What the question asks. */
  readonly question: string;
  /** Builds the answer to a call. */
  readonly build: (call: Pick<PendingCall, 'accepts'>, fingerprint: string) => Answer;
}

/** Answers a pending call: after a question that shows it whole, or by a fingerprint. Resolves with the exit code. */
export async function answerCall(context: CommandContext, answer: CallAnswer): Promise<number> {
  const { args, output } = context;
  const fingerprint = args.getText('fingerprint');
  const isSure = args.hasFlag('yes');
  if (isSure && fingerprint === undefined) {
    throw createUsageError('--yes needs --fingerprint: it names what you have seen. It is printed with the call.');
  }
  const spelling = args.getText('resume');
  const agent = spelling === undefined ? undefined : await openAgent(spelling, context);
  const runs = agent?.runs ?? (await requireRuns(context, 'write'));
  try {
    const runId = args.getPositional(0);
    const call = await findCall(context, { runs, runId });
    if (call.known !== undefined && !isSure && !(await confirm(context, { call: call.known, answer, runs, runId }))) {
      output.note('Nothing was answered.');
      return 1;
    }
    const given = answer.build(call.known ?? { accepts: [] }, fingerprint ?? call.known?.fingerprint ?? '');
    await runs.answer(runId, call.id, given);
    await report(context, { runs, runId, call, given });
    if (agent === undefined) return 0;
    const form = args.hasFlag('json') ? 'jsonl' : 'text';
    return await watchRun(context, { agent, run: agent.resume(runId), form, approve: 'ask' });
  } finally {
    await runs.close();
  }
}

interface FoundCall {
  readonly id: string;
  /** Absent for a call that does not wait: the host says why. */
  readonly known: PendingCall | undefined;
  /** The ids of the other calls that wait. */
  readonly others: readonly string[];
}

interface RunPlace {
  readonly runs: RunTarget;
  readonly runId: string;
}

async function findCall({ args }: CommandContext, { runs, runId }: RunPlace): Promise<FoundCall> {
  const pending = listPending(await runs.get(runId));
  const id = args.positionals[1];
  if (id !== undefined) {
    const others = pending.flatMap((call) => (call.id === id ? [] : [call.id]));
    return { id, known: pending.find((call) => call.id === id), others };
  }
  const [only, ...others] = pending;
  if (only === undefined)
    throw createUsageError(
      `Run "${runId}" waits for no answer. See it: pawl runs show ${quoteArgument(runId)}${runs.spelling}`,
    );
  if (others.length === 0) return { id: only.id, known: only, others: [] };
  const list = pending.map((call) => `${call.id} (${getCallName(call.call)})`).join(', ');
  throw createUsageError(`Run "${runId}" waits for ${pending.length} calls. Name one: ${list}`);
}

async function confirm(
  context: CommandContext,
  {
    call,
    answer: { command, question },
    runs,
    runId,
  }: RunPlace & { readonly call: PendingCall; readonly answer: CallAnswer },
): Promise<boolean> {
  showCall(call, context);
  if (!canAsk(context.io)) {
    const words = `pawl ${command} ${quoteArgument(runId)} ${quoteArgument(call.id)} --fingerprint ${call.fingerprint} --yes${runs.spelling}`;
    throw createUsageError(`Nobody can be asked here. To answer without a question: ${words}`);
  }
  const line = await askLine(`${question} [y/N] `, context);
  return /^y(es)?$/i.test(line?.trim() ?? '');
}

async function report(
  { args, output }: CommandContext,
  { runs, runId, call, given }: RunPlace & { readonly call: FoundCall; readonly given: Answer },
): Promise<void> {
  const row = await runs.get(runId);
  const left = call.others;
  const isAlways = given.type === 'approve' && given.always === true;
  if (args.hasFlag('json')) {
    await output.writeJson({
      type: 'answer',
      runId,
      call: call.id,
      answer: given.type,
      status: row.status,
      pending: left,
    });
  } else
    await output.writeLine(`${isAlways ? 'Approved with later calls' : DONE[given.type]}: ${call.id} of run ${runId}.`);
  if (args.getText('resume') !== undefined) return;
  const id = quoteArgument(runId);
  if (left.length > 0)
    output.noteWhole(`${count(left.length, 'call')} of the run still waiting: pawl approve ${id}${runs.spelling}`);
  else if (runs.isServer)
    output.noteWhole(`The server continues the run. Watch it: pawl runs watch ${id}${runs.spelling}`);
  else if (row.status === 'running')
    output.noteWhole(`A worker continues the run. Watch it: pawl runs watch ${id}${runs.spelling}`);
  else
    output.noteWhole(
      `A worker of the file continues the run, if one is alive. Otherwise: pawl runs resume ${id} AGENT${runs.spelling}`,
    );
}

const DONE: Readonly<Record<Answer['type'], string>> = {
  approve: 'Approved',
  deny: 'Denied',
  edit: 'Approved with other arguments',
  result: 'Answered',
  resume: 'Answered',
};
