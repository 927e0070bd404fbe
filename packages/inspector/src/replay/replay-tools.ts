import { type RunEvent, type Tool, ToolError } from '@pawl/core';
import type { ReplayRequest } from '../api.ts';
import { importPeer } from './import-testing.ts';

/** Returns the tools that an agent of a replay gets in place of its own. */
export type ReplaceTools = (agent: {
  readonly name: string;
  readonly tools: readonly Tool<never>[];
}) => readonly Tool<never>[];

/**
 * Makes the function that replaces the tools of all agents of a replay.
 *
 * - `recorded`: every call is answered from the journal.
 * - `live`: every call whose effect is `non-idempotent` needs an approval. The tools of agents as tools are replaced in the same way.
 * - The call whose arguments are changed needs an approval, which is given with these. A changed result is returned without running the tool.
 */
export async function createReplaceTools(
  { mode, arguments: changed, result, before }: ReplayRequest,
  events: readonly RunEvent[],
): Promise<ReplaceTools> {
  const callId = changed === undefined && result === undefined ? undefined : findCallId(before, events);
  const replace =
    mode === 'recorded'
      ? await createRecorded(events)
      : ({ tools }: { readonly tools: readonly Tool<never>[] }) => tools.map(askFirst);
  return (agent) =>
    replace(agent).map((tool) => {
      if (callId === undefined || !before.endsWith(`:${tool.name}`)) return tool;
      if (result === undefined) return withApproval(tool, callId);
      return withResult(tool, { callId, result });
    });
}

async function createRecorded(events: readonly RunEvent[]): Promise<ReplaceTools> {
  const { withRecordedTools } = await importPeer(() => import('@pawl/testing'));
  return ({ tools }) => withRecordedTools(tools, events);
}

function askFirst(tool: Tool<never>): Tool<never> {
  // An agent as a tool has tools of its own, which ask.
  if (tool.effect !== 'non-idempotent' || tool.delegate !== undefined || tool.hasExternalResult) return tool;
  return Object.freeze({ ...tool, needsApproval: true });
}

function withApproval(tool: Tool<never>, callId: string): Tool<never> {
  const { needsApproval } = tool;
  return Object.freeze({
    ...tool,
    needsApproval: (input: unknown, context: ToolCall) => {
      if (context.toolCallId === callId || needsApproval === true) return true;
      return typeof needsApproval === 'function' ? needsApproval(input, context) : false;
    },
  });
}

function withResult(
  tool: Tool<never>,
  { callId, result }: { readonly callId: string; readonly result: unknown },
): Tool<never> {
  const { delegate, ...kept } = tool;
  const { needsApproval, hasExternalResult } = tool;
  const isOther = (context: ToolCall): boolean => context.toolCallId !== callId;
  const runOther = (input: unknown, context: ToolCall): unknown => {
    if (delegate === undefined && !hasExternalResult) return tool.execute(input, context);
    throw new ToolError('This replay gives the result of one call of this tool. Other calls of it do not run.');
  };
  return Object.freeze({
    ...kept,
    hasExternalResult: false,
    needsApproval: (input: unknown, context: ToolCall) =>
      isOther(context) && (typeof needsApproval === 'function' ? needsApproval(input, context) : needsApproval),
    execute: (input: unknown, context: ToolCall) => (isOther(context) ? runOther(input, context) : result),
  });
}

type ToolCall = Parameters<Tool<never>['execute']>[1];

/** Finds the id of the call whose step has a name: `tool:3.0:refund`, in a run inside a run `tool:1.0/tool:3.0:refund`. */
export function findCallId(step: string, events: readonly RunEvent[]): string | undefined {
  const [, path = '', turn, index] = /^(?:(.*)\/)?tool:(\d+)\.(\d+):/.exec(step) ?? [];
  const response = events.find(
    (event) => event.type === 'model.responded' && event.path === path && event.turn === Number(turn),
  );
  return response?.type === 'model.responded' ? response.message.tool_calls?.[Number(index)]?.id : undefined;
}
