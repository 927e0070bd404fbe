import type { Answer, PendingCall } from '@pawl/core';
import { getCallName } from '@pawl/core/chat';
import type { Arguments } from './arguments.ts';
import type { CommandContext } from './command-context.ts';
import { createUsageError } from './errors.ts';
import { getOutcomeCode } from './exit-code.ts';
import { getInterruptCode, type Interruption } from './interrupts.ts';
import type { ShownOutcome } from './run-row.ts';
import type { AgentTarget, WatchedRun } from './target/agent-target.ts';
import { quoteArgument } from './target/open-target.ts';
import { askAboutCall } from './terminal/ask-about-call.ts';
import type { Output } from './terminal/output.ts';
import { canAsk } from './terminal/prompt.ts';
import { count, type OutputForm, RunPrinter } from './terminal/run-printer.ts';
import { toSafeJson } from './terminal/strip-controls.ts';

/** What happens to calls that need approval: a person is asked, all are denied, or those of some tools are approved. */
export type ApprovalMode = 'ask' | 'deny' | ReadonlySet<string>;

/** Reads --output and --json. @throws CliError */
export function readForm(args: Arguments): OutputForm {
  const given = args.getText('output');
  if (given === undefined) return args.hasFlag('json') ? 'jsonl' : 'text';
  if (given !== 'text' && given !== 'json' && given !== 'jsonl') {
    throw createUsageError(`--output is ${JSON.stringify(given)}. Pass text, json or jsonl.`);
  }
  if (args.hasFlag('json') && given !== 'jsonl') throw createUsageError('--json is --output jsonl. Pass one of them.');
  return given;
}

/** Reads --approve. There is no word that approves all calls. @throws CliError */
export function readApprovalMode(args: Arguments): ApprovalMode {
  const given = args.getText('approve') ?? 'ask';
  if (given === 'ask' || given === 'deny') return given;
  const names = given.split(',').map((name) => name.trim());
  if (names.every((name) => /^[\w.-]+$/.test(name)) && !names.includes('all')) return new Set(names);
  throw createUsageError(
    `--approve is ${JSON.stringify(given)}. Pass ask, deny, or the names of tools: --approve refund,send_mail`,
  );
}

export interface WatchOptions {
  readonly agent: AgentTarget;
  readonly run: WatchedRun;
  readonly form: OutputForm;
  readonly approve: ApprovalMode;
}

/** Shows a run until it has ended or waits, and answers its calls. Resolves with the exit code. */
export async function watchRun(
  context: CommandContext,
  { agent, run: first, form, approve }: WatchOptions,
): Promise<number> {
  const { output } = context;
  const printer = new RunPrinter(output, { form, hasTextGuard: agent.hasTextGuard });
  for (let run = first; ; run = agent.resume(run.runId)) {
    const end = await printRun(context, { agent, run, printer, form });
    if (end.type === 'interrupted') return getInterruptCode(end.interruption);
    const { outcome } = end;
    if (outcome.status === 'suspended' && (await answerCalls(context, { agent, outcome, form, approve }))) continue;
    await printer.finish(outcome);
    if (outcome.status === 'suspended' && form === 'text') showCommands(output, { agent, outcome });
    return getOutcomeCode(outcome);
  }
}

type RunEnd =
  | { readonly type: 'ended'; readonly outcome: ShownOutcome }
  | { readonly type: 'interrupted'; readonly interruption: Interruption };

interface PrintOptions extends Pick<WatchOptions, 'agent' | 'run' | 'form'> {
  readonly printer: Pick<RunPrinter, 'print'>;
}

/** Shows the events of a run. An interruption leaves the run: it is not aborted, unless it is in memory. */
export async function printRun(context: CommandContext, { agent, run, printer, form }: PrintOptions): Promise<RunEnd> {
  const { interrupts, output } = context;
  const left = Promise.withResolvers<RunEnd>();
  let interruption: Interruption | undefined;
  const stop = interrupts.handle((given, times) => {
    if (times > 1) {
      // The second one means it: the run is aborted for good, if this process works on it.
      if (agent.runs.isServer) interrupts.endNow(given);
      else void abortForGood(agent, run).finally(() => interrupts.endNow(given));
      return;
    }
    interruption = given;
    const closed = new AbortController();
    if (given === 'SIGINT' && form === 'text' && agent.isDurable && !agent.runs.isServer) {
      const showHint = (): void => output.note('Waiting for the step at work. Ctrl-C again aborts the run for good.');
      void context.io.clock.sleep(REMINDER_MS, closed.signal).then(showHint, () => undefined);
    }
    void run.detach().finally(() => {
      closed.abort();
      left.resolve({ type: 'interrupted', interruption: given });
    });
  });
  try {
    const ended = print(run, printer).then((outcome): RunEnd => ({ type: 'ended', outcome }));
    ended.catch(() => undefined); // After an interruption nothing waits for it.
    const end = await Promise.race([ended, left.promise]);
    if (end.type === 'ended' && (interruption === undefined || isFinal(end.outcome))) return end;
    return await left.promise;
  } catch (error) {
    if (interruption === undefined) throw error;
    return await left.promise;
  } finally {
    stop();
    if (interruption === 'SIGINT' || interruption === 'SIGTERM') {
      if (form === 'text') showWayOn(output, { agent, run });
    }
  }
}

/** When a person who waits wants to know why. */
const REMINDER_MS = 200;

function isFinal(outcome: ShownOutcome): boolean {
  return outcome.status !== 'aborted' && outcome.status !== 'suspended';
}

async function print(run: WatchedRun, printer: PrintOptions['printer']): Promise<ShownOutcome> {
  let outcome: ShownOutcome | undefined;
  for await (const event of run) {
    await printer.print(event);
    if (event.type === 'run.finished' && event.path === '') outcome = event.outcome;
  }
  return outcome ?? run.outcome();
}

/** Cancels the run on its host, too: a host that closes records nothing more of a run. */
async function abortForGood(agent: AgentTarget, run: WatchedRun): Promise<void> {
  await run.abort();
  await agent.runs.cancel(run.runId, 'The user interrupted the run.').catch(() => undefined); // It may have ended.
}

function showWayOn(output: Output, { agent, run: { runId } }: Pick<WatchOptions, 'agent' | 'run'>): void {
  const { runs, spelling, isDurable } = agent;
  if (runId === '' || !isDurable) return;
  const text = runs.isServer
    ? `Run "${runId}" continues on the server. Watch it: pawl runs watch ${quoteArgument(runId)}${runs.spelling}`
    : `Run "${runId}" is interrupted, and nothing is lost. Continue it: pawl runs resume ${quoteArgument(runId)} ${quoteArgument(spelling)}${runs.spelling}`;
  output.noteWhole(text);
}

interface AnswerScope extends Pick<WatchOptions, 'agent' | 'form' | 'approve'> {
  readonly outcome: Extract<ShownOutcome, { status: 'suspended' }>;
}

/** Answers the calls that a run waits for. Resolves whether one was answered, so that the run can continue. */
async function answerCalls(context: CommandContext, { agent, outcome, form, approve }: AnswerScope): Promise<boolean> {
  let isAnswered = false;
  for (const call of outcome.pending) {
    const answer = decide(call, approve) ?? (await ask(call, { context, agent, form, approve }));
    if (answer === undefined) continue;
    await agent.runs.answer(outcome.runId, call.id, answer);
    isAnswered = true;
  }
  return isAnswered;
}

/** Answers a call by --approve. Only an approval of a call that has not run is given without a person. */
function decide({ reason, accepts, fingerprint, call }: PendingCall, approve: ApprovalMode): Answer | undefined {
  if (approve === 'ask' || reason !== 'approval') return undefined;
  if (approve === 'deny') return { type: 'deny', fingerprint, reason: 'Calls are denied: --approve deny.' };
  return approve.has(getCallName(call)) && accepts.includes('approve') ? { type: 'approve', fingerprint } : undefined;
}

async function ask(
  call: PendingCall,
  {
    context,
    agent,
    form,
    approve,
  }: Pick<AnswerScope, 'agent' | 'form' | 'approve'> & { readonly context: CommandContext },
): Promise<Answer | undefined> {
  if (form !== 'text' || approve === 'deny' || !canAsk(context.io)) return undefined;
  await context.output.endLine();
  return askAboutCall(call, context, (toolName, input) => agent.checkInput(toolName, input));
}

/** Shows the exact commands that answer the calls. */
function showCommands(output: Output, { agent, outcome }: Pick<AnswerScope, 'agent' | 'outcome'>): void {
  const { runs, spelling, isDurable } = agent;
  const { runId, pending } = outcome;
  if (!isDurable) {
    output.noteWhole(
      `Run "${runId}" was in memory, so it cannot be answered later. Leave out --no-runs, or pass --approve.`,
    );
    return;
  }
  output.noteWhole(`Run "${runId}" waits for ${count(pending.length, 'call')}:`);
  for (const call of pending) {
    output.noteWhole(`  ${getCallName(call.call)} ${toSafeJson(call.input)}`);
    for (const command of listCommands(runId, call)) output.noteWhole(`    ${command}${runs.spelling}`);
  }
  if (!runs.isServer) {
    output.noteWhole(`Then: pawl runs resume ${quoteArgument(runId)} ${quoteArgument(spelling)}${runs.spelling}`);
  }
}

/** Lists the commands that answer a call without a question. */
export function listCommands(runId: string, { id, accepts, fingerprint }: PendingCall): readonly string[] {
  const rest = `${quoteArgument(runId)} ${quoteArgument(id)} --fingerprint ${fingerprint} --yes`;
  return [
    ...(accepts.includes('approve') ? [`pawl approve ${rest}`] : []),
    ...(accepts.includes('deny') ? [`pawl deny ${rest}`] : []),
    ...(accepts.includes('result') || accepts.includes('resume') ? [`pawl answer ${rest} --value JSON`] : []),
  ];
}
