import { untilAborted } from '../base/abort.ts';
import { copyJson } from '../base/copy-json.ts';
import { canonicalJson, type Json } from '../base/json.ts';
import { sha256 } from '../base/sha256.ts';
import { callName, type ToolCall } from '../chat/message.ts';
import { messageOf } from '../event/error-data.ts';
import type { ApprovalRequested, ApprovalWaived, Fact } from '../event/fact.ts';
import type { PendingCall } from '../event/outcome.ts';
import type { CheckCalls } from '../loop/action.ts';
import { hasBegun } from '../loop/calls.ts';
import type { CallState } from '../loop/state.ts';
import type { Validated } from '../schema/schema.ts';
import { argumentsOf, readArguments } from '../tool/arguments.ts';
import type { Tool } from '../tool/tool.ts';
import { factStep, type Scope, stamp } from './scope.ts';
import { checkStep, fromOutside, waitName } from './step-name.ts';
import { waitFor } from './wait-for.ts';

/** Asks each call's tool whether somebody outside has a word in it. A tool of another turn and bad arguments need nobody: they will not run. */
export function checkCalls({ turn, calls, again }: CheckCalls, scope: Scope): Promise<readonly Fact[]> {
  const steps = calls.map((state) => {
    const { index } = state;
    const repeats = again === undefined ? 0 : state.repeats + 1;
    const work = async (): Promise<ApprovalRequested | ApprovalWaived> => {
      const checking = { turn, repeats, scope };
      const pending = await untilAborted(scope.signal, () => pendingCall(state, checking)).catch(ended(scope));
      const position = { turn, index, ...stamp(scope) };
      if (pending === undefined) return { type: 'approval.waived', ...position };
      return { type: 'approval.requested', pending, ...position, ...(again !== undefined && { again }) };
    };
    return factStep<Fact>(scope, { name: checkStep({ turn, index, repeats }), effect: 'read', work });
  });
  return scope.durable.all(steps, { width: scope.parallelToolCalls });
}

/** An aborted run asks nobody, and runs nothing either; any other error must not pass for a waiver. */
function ended({ signal }: Scope): (error: unknown) => undefined {
  return (error) => {
    if (!signal.aborted) throw error;
    return undefined;
  };
}

interface Where {
  readonly turn: number;
  readonly scope: Scope;
  /** How often the call was asked for, beyond the first time. */
  readonly repeats?: number;
}

async function pendingCall(state: CallState, { turn, scope, repeats = 0 }: Where): Promise<PendingCall | undefined> {
  const name = callName(state.call);
  const tool = scope.definition.tools.get(name);
  if (tool === undefined || scope.known().tools?.includes(name) === false) return undefined;
  const validated = await readArguments(tool, state.call);
  if (!validated.ok) return undefined;
  const asking = { state, turn, repeats, scope, validated };
  if (repeats > 0) return pendingFor(tool, { reason: state.pending?.reason ?? 'approval', ...asking });
  if (tool.isAnsweredOutside) return pendingFor(tool, { reason: 'reply', ...asking });
  if (!(await needsApproval(tool, { validated, scope }))) return undefined;
  return pendingFor(tool, { reason: 'approval', ...asking });
}

interface Pending extends Where, Checked {
  readonly reason: PendingCall['reason'];
  readonly state: CallState;
  /** @defaultValue what the tool's own preview gives */
  readonly shown?: Json;
}

/** The call as whoever is asked sees it. From here on it can be answered. */
export async function pendingFor(tool: Tool, pending: Pending): Promise<PendingCall> {
  const { reason, state, turn, scope, repeats = state.repeats, ...known } = pending;
  const { call, doubts, index } = state;
  const input = inputOf(tool, call);
  const preview = storable(known.shown ?? (await previewOf(tool, { validated: known.validated, scope })));
  const definitionHash = scope.policy.definitionOf(callName(call));
  const fingerprint = await fingerprintOf(call, { input, definitionHash });
  const name = waitName({ turn, index, repeats, doubts: hasBegun(reason) ? doubts + 1 : doubts });
  const shown = { id: fromOutside(scope, name), reason, accepts: [...ACCEPTED[reason]], call, input, fingerprint };
  const asked = definitionHash === undefined ? shown : { ...shown, definitionHash };
  // Before anybody is told: whoever is told may answer at once, and the calls beside it take their time.
  await waitFor(asked, { name, scope, ahead: true });
  return preview === undefined ? asked : { ...asked, preview };
}

const ACCEPTED: Readonly<Record<PendingCall['reason'], PendingCall['accepts']>> = {
  approval: ['approve', 'deny', 'edit'],
  reply: ['reply', 'deny'],
  in_doubt: ['approve', 'reply', 'deny'],
  suspended: ['approve', 'reply', 'deny'],
};

/** What the model wrote, for a person to see: a custom tool's text as it is, whichever kind of call brought it. */
function inputOf(tool: Tool, call: ToolCall): Json {
  const parsed = argumentsOf(tool, call);
  const input = (parsed.ok ? parsed.value : null) as Json; // JSON.parse gives nothing else.
  return tool.customObject === undefined ? input : (input as { readonly input: string }).input; // It was validated.
}

interface Checked {
  readonly validated: Extract<Validated, { ok: true }>;
  readonly scope: Scope;
}

/** A check that fails asks a person: nothing may run because of an error. */
async function needsApproval({ needsApproval }: Tool, { validated, scope }: Checked): Promise<boolean> {
  if (typeof needsApproval === 'boolean') return needsApproval;
  try {
    return await needsApproval(validated.value, scope.context);
  } catch {
    return true;
  }
}

async function previewOf({ preview }: Tool, { validated, scope }: Checked): Promise<Json | undefined> {
  try {
    return await preview?.(validated.value, scope.context);
  } catch (error) {
    return `The preview failed: ${messageOf(error)}`;
  }
}

/** What JSON can't hold would break the run where it is stored. */
function storable(preview: Json | undefined): Json | undefined {
  if (preview === undefined) return undefined;
  try {
    return copyJson(preview, { where: 'The preview failed', name: 'preview', ignoresUndefined: true });
  } catch (error) {
    return messageOf(error);
  }
}

interface Fingerprinted {
  readonly input: Json;
  readonly definitionHash: string | undefined;
}

/** SHA-256 over the call's id, its tool, its exact arguments and the tool's definition, in hexadecimal. */
function fingerprintOf(call: ToolCall, { input, definitionHash }: Fingerprinted): Promise<string> {
  return sha256(canonicalJson([call.id, callName(call), input, definitionHash ?? null]));
}
