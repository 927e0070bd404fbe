import type { JsonObject } from '@pawl/core';
import type { CommandContext } from '../command-context.ts';
import { createUsageError } from '../errors.ts';
import type { RunRow } from '../run-row.ts';
import { openRuns } from '../target/open-target.ts';
import type { RunQuery, RunTarget } from '../target/run-target.ts';
import { formatAge, toRunObject } from '../terminal/describe-run.ts';
import { formatReason } from '../terminal/run-printer.ts';
import { type Column, writeTable } from '../terminal/table.ts';

const STATUSES: Readonly<Record<RunRow['status'], true>> = {
  queued: true,
  running: true,
  interrupted: true,
  suspended: true,
  completed: true,
  failed: true,
  limited: true,
  truncated: true,
  filtered: true,
  refused: true,
  aborted: true,
};

/** `pawl runs [list]` */
export async function executeRunsList(context: CommandContext): Promise<number> {
  const { args, output } = context;
  const query = readQuery(context);
  const runs = await openRuns(context, 'read');
  if (runs === undefined) {
    if (!args.hasFlag('json'))
      output.note('There are no runs yet: no .pawl/runs.db here. Pass --runs FILE or --runs URL.');
    return 0;
  }
  try {
    await show(context, await runs.list(query));
    if (args.hasFlag('follow')) await follow(context, { runs, query });
    return 0;
  } finally {
    await runs.close();
  }
}

function readQuery({ args, io }: CommandContext): RunQuery {
  const [status, agent, sinceMs] = [args.getText('status'), args.getText('agent'), args.getDurationMs('since')];
  if (status !== undefined && !isStatus(status)) {
    throw createUsageError(`--status is ${JSON.stringify(status)}. Pass one of: ${Object.keys(STATUSES).join(', ')}.`);
  }
  const metadata = Object.fromEntries(args.getTexts('metadata').map(readPair));
  return {
    limit: args.getCount('limit', 20),
    ...(status !== undefined && { status }),
    ...(agent !== undefined && { agent }),
    ...(sinceMs !== undefined && { since: io.clock.now() - sinceMs }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

function isStatus(text: string): text is RunRow['status'] {
  return Object.hasOwn(STATUSES, text);
}

/** A value that is JSON is that value: `retries=3`. Any other is a text. */
function readPair(text: string): readonly [key: string, value: JsonObject[string]] {
  const at = text.indexOf('=');
  if (at < 1) throw createUsageError(`--metadata is ${JSON.stringify(text)}. Pass key=value.`);
  const value = text.slice(at + 1);
  try {
    return [text.slice(0, at), JSON.parse(value)];
  } catch {
    return [text.slice(0, at), value];
  }
}

async function show({ args, io, output }: CommandContext, rows: readonly RunRow[]): Promise<void> {
  if (args.hasFlag('json')) {
    for (const row of rows) await output.writeJson(toRunObject(row));
  } else await writeTable(output, rows, createColumns({ nowMs: io.clock.now(), isTerminal: output.isTerminal }));
}

function createColumns({
  nowMs,
  isTerminal,
}: {
  readonly nowMs: number;
  readonly isTerminal: boolean;
}): readonly Column<RunRow>[] {
  return [
    { title: 'RUN', read: ({ runId }) => runId },
    { title: 'STATUS', read: ({ status }) => status },
    { title: 'AGENT', read: ({ agent }) => agent },
    {
      title: 'STARTED',
      read: ({ startedAt }) => (isTerminal ? formatAge(nowMs - startedAt) : new Date(startedAt).toISOString()),
    },
    { title: 'TOKENS', read: ({ usage }) => String(usage?.totalTokens ?? '') },
    { title: 'COST', read: ({ usage }) => (usage === undefined ? '' : `$${usage.cost.toFixed(4)}`) },
    {
      title: 'WHY',
      read: ({ status, outcome }) => (outcome === undefined || status === 'completed' ? '' : formatReason(outcome)),
    },
  ];
}

/** Shows each run once more when it is new or has another status, until the command is interrupted. */
async function follow(
  context: CommandContext,
  { runs, query }: { readonly runs: RunTarget; readonly query: RunQuery },
): Promise<void> {
  const stop = new AbortController();
  const end = context.interrupts.handle(() => stop.abort());
  const seen = new Map((await runs.list(query)).map(({ runId, status }) => [runId, status]));
  try {
    while (!stop.signal.aborted) {
      await context.io.clock.sleep(FOLLOW_MS, stop.signal).catch(() => undefined);
      const changed = (await runs.list(query)).filter(({ runId, status }) => seen.get(runId) !== status).toReversed();
      for (const { runId, status } of changed) seen.set(runId, status);
      await show(context, changed);
    }
  } finally {
    end();
  }
}

const FOLLOW_MS = 500;
