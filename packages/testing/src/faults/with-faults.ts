import type { ChatModel } from '@pawl/core';
import { checkOptions, type OptionTable } from '@pawl/core';
import type { ChatResponse } from '@pawl/core/chat';
import { scriptedModel } from '../model/scripted-model.ts';
import { buildCompletion } from '../script/build-completion.ts';
import { respond } from '../script/respond.ts';
import { Script, type ScriptEntries, type ScriptFunction } from '../script/script.ts';
import type { ScriptedMessageResponse, ScriptedModelResponse, ScriptedResponse } from '../script/scripted-response.ts';
import {
  createFailure,
  createWireFailure,
  FAILURE_NAMES,
  type FailureName,
  HARD_FAILURE_NAMES,
  type HardFailureName,
  WIRE_FAILURE_NAMES,
  type WireFailureName,
} from './failures.ts';
import { MODEL_QUIRK_NAMES, type ModelQuirkName, withModelQuirk } from './model-quirks.ts';
import { applyQuirk, findQuirk, QUIRK_NAMES, type QuirkName } from './quirks.ts';

/** A failure of an attempt, or a quirk that keeps the meaning of the response. */
export type FaultName = FailureName | WireFailureName | HardFailureName | QuirkName;

/** The faults that a model without HTTP can have. */
export type ModelFaultName = FailureName | HardFailureName | ModelQuirkName;

/** Faults by name, one per request, in this order; or faults chosen by a seed, always the same for the same seed. */
export type Faults<Name extends string> = readonly (Name | 'none')[] | { readonly seed: number };

/** The faults that a run survives. */
export const FAULT_NAMES: readonly FaultName[] = [...FAILURE_NAMES, ...WIRE_FAILURE_NAMES, ...QUIRK_NAMES];

/** The faults that a retry cannot fix, and `stall`, which lasts until a deadline. A seed never chooses them. */
export const HARD_FAULT_NAMES: readonly FaultName[] = HARD_FAILURE_NAMES;

const MODEL_FAULT_NAMES: readonly ModelFaultName[] = [...FAILURE_NAMES, ...MODEL_QUIRK_NAMES];

/**
 * Puts faults between the responses of a script or a model. A fault that fails a request uses no entry of the script:
 * the retry gets that entry. A seed never chooses more than two failures in a row, so three attempts are enough.
 *
 * A script for the offline server can have all faults: `offlineServer({ script: withFaults([…], { seed: 7 }) })`. A
 * model can have those that need no HTTP.
 *
 * @throws TypeError for an unknown fault, and for one that a model cannot have.
 */
export function withFaults(model: ChatModel, faults: Faults<ModelFaultName>): ChatModel;
export function withFaults(
  script: ScriptEntries<ScriptedResponse>,
  faults: Faults<FaultName>,
): ScriptFunction<ScriptedResponse>;
export function withFaults(
  given: ChatModel | ScriptEntries<ScriptedResponse>,
  faults: Faults<ModelFaultName> | Faults<FaultName>,
): ChatModel | ScriptFunction<ScriptedResponse> {
  if (isModel(given)) return wrapModel(given, faults as Faults<ModelFaultName>); // By the first signature.
  return wrapScript(given, faults);
}

function isModel(given: ChatModel | ScriptEntries<ScriptedResponse>): given is ChatModel {
  return 'send' in given;
}

function wrapModel(model: ChatModel, faults: Faults<ModelFaultName>): ChatModel {
  const next = createSequence<ModelFaultName>(faults, MODEL_FAULT_NAMES, HARD_FAILURE_NAMES);
  return {
    ...model,
    name: model.name,
    async send(request, context): Promise<ChatResponse> {
      const name = next();
      if (name === undefined) return model.send(request, context);
      const failedResponse = createFailure(name, UNUSABLE);
      if (failedResponse === undefined) return withModelQuirk(name, await model.send(request, context));
      return scriptedModel([failedResponse], { name: model.name }).send(request, context);
    },
  };
}

function wrapScript(
  entries: ScriptEntries<ScriptedResponse>,
  faults: Faults<FaultName>,
): ScriptFunction<ScriptedResponse> {
  const script = new Script(entries);
  const next = createSequence<FaultName>(faults, FAULT_NAMES, HARD_FAULT_NAMES);
  return async (request, context): Promise<ScriptedResponse> => {
    const name = next();
    if (name === undefined) return script.takeNext(request, context);
    const failedResponse = createWireFailure(name) ?? createFailure(name, UNUSABLE);
    if (failedResponse !== undefined) return failedResponse;
    const given = await script.takeNext(request, context);
    const quirk = findQuirk(name);
    if (given.type !== 'message' || quirk === undefined) return given;
    return applyQuirk(quirk, buildCompletion(given, { request, model: 'faulty' }), request);
  };
}

/** The part that an interrupted response sends. Using it is a bug. */
const UNUSABLE: ScriptedMessageResponse & ScriptedModelResponse = respond.text('This must not be used.');

const MAX_CONSECUTIVE = 2;

type SeedOption = Extract<Faults<never>, { readonly seed: number }>;

const SEED_OPTION: OptionTable<SeedOption> = { keys: { seed: 'any' } };

/** A seed chooses from `chosen`; the names in `hard` are only chosen by name. */
function createSequence<N extends string>(
  faults: Faults<N>,
  chosen: readonly N[],
  hard: readonly N[],
): () => N | undefined {
  if (!Array.isArray(faults))
    return chooseBySeed(checkOptions(faults as SeedOption, SEED_OPTION, 'withFaults').seed, chosen);
  const all = [...chosen, ...hard];
  const unknown = faults.find((name) => name !== 'none' && !all.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`Unknown fault "${unknown}". Pass some of: none, ${all.join(', ')}.`);
  }
  let at = 0;
  return () => {
    const name = faults[at++];
    return name === 'none' ? undefined : name;
  };
}

function chooseBySeed<Name>(seed: number, chosen: readonly Name[]): () => Name | undefined {
  if (!Number.isInteger(seed)) throw new TypeError(`The seed of faults is ${seed}. Pass a whole number.`);
  const random = createRandom(seed);
  let row = 0;
  return () => {
    const isFault = random() < 0.6 && row < MAX_CONSECUTIVE;
    row = isFault ? row + 1 : 0;
    return isFault ? chosen[Math.floor(random() * chosen.length)] : undefined;
  };
}

/** mulberry32: small, and random enough to choose faults. */
function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
