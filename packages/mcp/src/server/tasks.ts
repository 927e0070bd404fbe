import type { Host, Run } from '@pawl/core';
import type { RunProgress } from '@pawl/core/host';
import {
  CLIENT_CAPABILITIES_META_KEY,
  fromJsonSchema,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
} from '../server-sdk.ts';
import { answerCalls, type CallScope, createOutcomeResult, getOwner, resumeRun } from './call-agent.ts';
import { createQuestions } from './questions.ts';

/** The extension of long calls: https://modelcontextprotocol.io/seps/2663-tasks-extension. The SDK does not know it. */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** How often a client is asked to look, in milliseconds. */
const POLL_INTERVAL_MS = 1000;

/** Whether the client of a request has declared that it knows tasks. */
export function hasTasks({ mcpReq }: Pick<ServerContext, 'mcpReq'>): boolean {
  const envelope: Readonly<Record<string, unknown>> = mcpReq.envelope ?? {};
  const { extensions } = Object(envelope[CLIENT_CAPABILITIES_META_KEY]);
  return typeof extensions === 'object' && extensions !== null && TASKS_EXTENSION in extensions;
}

/** Lets a run go on by itself, and returns its task as soon as the host has the run. */
export async function createTask(run: Run<unknown>, host: Host): Promise<Readonly<Record<string, unknown>>> {
  const outcome = run.outcome();
  const started = new Promise((resolve) => {
    run.on('run.started', resolve);
  });
  // The host has the run when its first event is recorded. If it fails before, the client gets the error.
  await Promise.race([started, outcome]);
  outcome.catch(() => {}); // The host reports it: a task whose run was interrupted is `working` until a worker resumes it.
  const { runId } = run;
  return { resultType: 'task', content: [], ...describeTask(runId, await host.getRun(runId)) };
}

function describeTask(taskId: string, { record, status, events }: RunProgress): Readonly<Record<string, unknown>> {
  const createdAt = new Date(record.at).toISOString();
  const last = events.at(-1)?.event;
  const lastUpdatedAt =
    last !== undefined && 'at' in last && typeof last.at === 'number' ? new Date(last.at).toISOString() : createdAt;
  // Runs are kept until the application deletes them.
  return {
    taskId,
    status: TASK_STATUS[status],
    createdAt,
    lastUpdatedAt,
    ttlMs: null,
    pollIntervalMs: POLL_INTERVAL_MS,
  };
}

/** An outcome that is no output is an error result of a completed task: `failed` is for errors of the protocol. */
const TASK_STATUS: Readonly<Record<RunProgress['status'], string>> = {
  queued: 'working',
  running: 'working',
  interrupted: 'working',
  suspended: 'input_required',
  completed: 'completed',
  limited: 'completed',
  truncated: 'completed',
  filtered: 'completed',
  refused: 'completed',
  failed: 'completed',
  aborted: 'cancelled',
};

interface TaskParams {
  readonly taskId: string;
}

const PARAMS = fromJsonSchema<TaskParams>({
  type: 'object',
  properties: { taskId: { type: 'string' } },
  required: ['taskId'],
});

/** Adds the methods of tasks to a server: the host is their store. */
export function addTasks(server: Server, scopes: readonly CallScope[]): void {
  const hosts = new Set(scopes.map(({ host }) => host));
  const find = async (
    taskId: string,
    context: ServerContext,
  ): Promise<{ readonly scope: CallScope; readonly progress: RunProgress }> => {
    if (!hasTasks(context)) {
      throw new MissingRequiredClientCapabilityError({
        requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } },
      });
    }
    for (const host of hosts) {
      const progress = await host.getRun(taskId).catch(() => undefined);
      const scope = scopes.find((each) => each.host === host && each.tool.agent.name === progress?.record.agent);
      if (progress === undefined || scope === undefined) continue;
      // A run of another caller is unknown to this one.
      if (progress.record.owner === getOwner(context.http?.authInfo)) return { scope, progress };
    }
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no task "${taskId}".`);
  };
  server.setRequestHandler('tasks/get', { params: PARAMS }, async ({ taskId }, context) => {
    const { scope, progress } = await find(taskId, context);
    const task = describeTask(taskId, progress);
    const { outcome } = progress;
    if (outcome === undefined) return task;
    if (outcome.status === 'suspended') {
      return { ...task, inputRequests: Object.fromEntries(outcome.pending.flatMap(createQuestions)) };
    }
    return outcome.status === 'aborted' ? task : { ...task, result: createOutcomeResult(outcome, scope.tool) };
  });
  server.setRequestHandler('tasks/update', { params: PARAMS }, async ({ taskId }, context) => {
    const { scope, progress } = await find(taskId, context);
    if (progress.outcome?.status !== 'suspended') return {};
    // The SDK takes them out of the parameters.
    const responses = context.mcpReq.inputResponses ?? {};
    const answered = await answerCalls({ runId: taskId, pending: progress.outcome.pending, responses }, context, scope);
    if (answered > 0)
      resumeRun(taskId, context, scope)
        .outcome()
        .catch(() => {}); // As in `createTask`.
    return {};
  });
  server.setRequestHandler('tasks/cancel', { params: PARAMS }, async ({ taskId }, context) => {
    const { scope, progress } = await find(taskId, context);
    if (!ENDED.has(TASK_STATUS[progress.status])) {
      await scope.host.cancel(taskId, { reason: 'The client cancelled the task.' });
      // A run that no process works on ends when it is resumed.
      if (progress.status !== 'running')
        resumeRun(taskId, context, scope)
          .outcome()
          .catch(() => {});
    }
    return {};
  });
}

const ENDED: ReadonlySet<string | undefined> = new Set(['completed', 'cancelled']);
