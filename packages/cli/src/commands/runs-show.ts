import type { RunEvent } from '@pawl/core';
import { getCallArguments, getCallName, type Message } from '@pawl/core/chat';
import type { CommandContext } from '../command-context.ts';
import { createUsageError } from '../errors.ts';
import { getOutcomeCode } from '../exit-code.ts';
import { readMessages } from '../read-messages.ts';
import { listPending, type RunRow } from '../run-row.ts';
import { quoteArgument, requireRuns } from '../target/open-target.ts';
import type { RunTarget } from '../target/run-target.ts';
import { toRunObject } from '../terminal/describe-run.ts';
import { formatLine } from '../terminal/format-line.ts';
import { formatAnswer, formatReason } from '../terminal/run-printer.ts';
import { toSafeJson } from '../terminal/strip-controls.ts';
import { findWireLog } from '../wire/open-wire-log.ts';
import { showWire } from '../wire/show-wire.ts';

/** `pawl runs show ID`: the exit code is the run's; that of a run which has not ended is 0. */
export async function executeRunsShow(context: CommandContext): Promise<number> {
  const { args } = context;
  const request = args.getText('wire');
  const views = [...VIEWS.filter((name) => args.hasFlag(name)), ...(request === undefined ? [] : ['wire'])];
  if (views.length > 1) throw createUsageError(`--${views.join(' and --')} exclude each other.`);
  const runs = await requireRuns(context, 'read');
  try {
    const row = await runs.get(args.getPositional(0));
    if (request !== undefined) await showRequest(context, { runs, runId: row.runId, which: request });
    else if (views[0] === 'journal') await showJournal(context, await runs.readEvents(row.runId));
    else if (views[0] === 'messages') await showMessages(context, readMessages(await runs.readEvents(row.runId)));
    else await showRun(context, { row, runs });
    return getRunCode(row);
  } finally {
    await runs.close();
  }
}

const VIEWS = ['journal', 'messages'] as const;

/** Returns the exit code of a run: 0 unless it has ended or waits. */
export function getRunCode({ status, outcome }: RunRow): number {
  return outcome === undefined || outcome.status !== status ? 0 : getOutcomeCode(outcome);
}

async function showRequest(
  { output }: CommandContext,
  {
    runs: { file, isServer },
    runId,
    which,
  }: { readonly runs: RunTarget; readonly runId: string; readonly which: string },
): Promise<void> {
  if (isServer) throw createUsageError('A server does not send the bytes of requests. Open its page: pawl inspect URL');
  const log = file === undefined ? undefined : await findWireLog(file);
  if (log === undefined)
    throw createUsageError('No requests are kept beside these runs. They are kept by: pawl run AGENT --wire');
  try {
    await showWire(output, { log, runId, which });
  } finally {
    await log.close();
  }
}

async function showRun(
  { args, output }: CommandContext,
  { row, runs }: { readonly row: RunRow; readonly runs: RunTarget },
): Promise<void> {
  if (args.hasFlag('json')) return output.writeJson(toRunObject(row));
  const { runId, agent, status, startedAt, usage, outcome } = row;
  const facts: readonly (readonly [name: string, value: string | undefined])[] = [
    ['run', runId],
    ['agent', agent],
    ['status', outcome === undefined || status !== outcome.status ? status : formatReason(outcome)],
    ['started', new Date(startedAt).toISOString()],
    ['turns', outcome && String(outcome.turnCount)],
    ['calls', outcome && String(outcome.toolCallCount)],
    ['tokens', usage && String(usage.totalTokens)],
    ['cost', usage && `$${usage.cost.toFixed(4)}`],
    ['metadata', Object.keys(row.metadata).length === 0 ? undefined : toSafeJson(row.metadata)],
  ];
  for (const [name, value] of facts) {
    if (value !== undefined)
      await output.writeLine(output.isTerminal ? `${name.padEnd(9)} ${value}` : `${name}\t${value}`);
  }
  const answer = outcome === undefined ? undefined : formatAnswer(outcome);
  if (answer !== undefined) await output.writeLine(`\n${answer}`);
  const pending = listPending(row);
  for (const call of pending) {
    await output.writeLine(
      `waits for ${call.reason}: ${getCallName(call.call)} ${toSafeJson(call.input)} (${call.id})`,
    );
  }
  const id = quoteArgument(runId);
  if (pending.length > 0) output.noteWhole(`Answer: pawl approve ${id}${runs.spelling}`);
  if (status === 'interrupted') output.noteWhole(`Continue it: pawl runs resume ${id} AGENT${runs.spelling}`);
}

async function showJournal({ args, output }: CommandContext, events: readonly RunEvent[]): Promise<void> {
  for (const event of events) {
    if (args.hasFlag('json')) await output.writeJson(event);
    else await output.writeLine(`${event.step ?? ''}\t${event.type}${formatEventText(event)}`);
  }
}

function formatEventText(event: RunEvent): string {
  const line = event.type === 'model.responded' ? formatResponse(event) : formatLine(event);
  return line === undefined ? '' : `\t${line.trim().replaceAll(/\s*\n\s*/g, ' ')}`;
}

function formatResponse({ message }: Extract<RunEvent, { type: 'model.responded' }>): string {
  const calls = message?.tool_calls?.map((call) => `${getCallName(call)} ${getCallArguments(call)}`) ?? [];
  return [...(typeof message?.content === 'string' ? [message.content] : []), ...calls].join(' · ');
}

async function showMessages({ args, output }: CommandContext, messages: readonly Message[]): Promise<void> {
  for (const message of messages) {
    if (args.hasFlag('json')) await output.writeJson({ type: 'message', message });
    else await output.writeLine(`${output.applyStyle('bold', message.role)}: ${formatMessage(message)}`);
  }
}

function formatMessage(message: Message): string {
  const { content } = message;
  const text =
    typeof content === 'string' ? content : content === null || content === undefined ? '' : toSafeJson(content);
  const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : [];
  return [text, ...calls.map((call) => `→ ${getCallName(call)} ${getCallArguments(call)}`)]
    .filter((each) => each !== '')
    .join('\n  ');
}
