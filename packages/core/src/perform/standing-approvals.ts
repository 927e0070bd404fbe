import { copyJson } from '../base/copy-json.ts';
import { type Json, stringifyCanonical } from '../base/json.ts';
import { getCallName } from '../chat/message.ts';
import type { PendingCall, StandingApproval } from '../event/outcome.ts';
import type { Tool } from '../tool/tool.ts';
import type { Scope } from './scope.ts';
import { ToolCallContext, type ValidatedScope } from './tool-call.ts';

/** Finds an approval of an earlier call by the same agent, of the same definition of the tool, that covers the call. */
export async function findStandingApproval(tool: Tool, call: ValidatedScope): Promise<StandingApproval | undefined> {
  const { policy, definition, getState } = call.scope;
  const { name: agent } = definition;
  const toolName = getCallName(call.state.call);
  const definitionHash = policy.getDefinitionHash(toolName);
  const known = getState().standingApprovals.filter(
    (each) => each.agent === agent && each.toolName === toolName && each.definitionHash === definitionHash,
  );
  if (known.length === 0) return undefined;
  const covers = await readStandingApproval(tool, call);
  if (covers === undefined) return undefined;
  return known.find((each) => stringifyCanonical(each.covers) === stringifyCanonical(covers));
}

/** Returns what an approval of later calls would cover; `undefined` if the call offers none. An error must never let a tool run. */
export async function readStandingApproval(
  { standingApproval }: Tool,
  { validated, ...call }: ValidatedScope,
): Promise<Json | undefined> {
  if (typeof standingApproval !== 'function') return standingApproval === true ? true : undefined;
  try {
    const covers = await standingApproval(validated.value, new ToolCallContext(call));
    const { name } = call.scope.definition;
    return covers === undefined ? undefined : copyJson(covers, { where: `Agent "${name}"`, name: 'standingApproval' });
  } catch {
    return undefined;
  }
}

/** Approves what the person saw. A pending call without such an offer does not accept the answer. */
export function createStandingApproval(
  { call, definitionHash, standingApproval }: PendingCall,
  { definition, runId }: Scope,
): StandingApproval | undefined {
  if (definitionHash === undefined || standingApproval === undefined) return undefined;
  const toolName = getCallName(call);
  return { agent: definition.name, toolName, definitionHash, covers: standingApproval, runId, toolCallId: call.id };
}
