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

/** A fault of a server: one that fails an attempt, or one that the reply says the same with. */
export type FaultName = FailureName | WireFailureName | HardFailureName | QuirkName;

/** Those that a model without a wire can have. */
export type ModelFaultName = FailureName | HardFailureName | ModelQuirkName;

/** Which faults come: these, one a request, in this order; or some by a seed, the same ones for the same seed. */
export type Faults<Name extends string> = readonly (Name | 'none')[] | { readonly seed: number };

/** What a server can do and a run survives by itself, in the order of their names' lists. */
export const FAULT_NAMES: readonly FaultName[] = [...FAILURE_NAMES, ...WIRE_FAILURE_NAMES, ...QUIRK_NAMES];

/** Those that no other attempt helps with, and `stall`, which takes a deadline's time. Never chosen by a seed. */
export const HARD_FAULT_NAMES: readonly FaultName[] = HARD_FAILURE_NAMES;

const MODEL_FAULT_NAMES: readonly ModelFaultName[] = [...FAILURE_NAMES, ...MODEL_QUIRK_NAMES];

/**
 * The same script or model, with faults in between. A fault that fails a request takes nothing from the script: the request that is
 * made again gets the reply. By a seed no more than two come in a row, so that three attempts are enough.
 *
 * For the offline server all of them: `offlineServer({ script: withFaults([…], { seed: 7 }) })`. A model of any kind has no wire: only
 * those that reject, and what can be wrong with a reply that is read.
 *
 * @throws TypeError for a name that is no fault, or none of a model's.
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

/** Begun, and not ended: nothing of it may be used. */
const UNUSABLE: ScriptedMessageResponse & ScriptedModelResponse = respond.text('This must not be used.');

const MAX_CONSECUTIVE = 2;

type SeedOption = Extract<Faults<never>, { readonly seed: number }>;

const SEED_OPTION: OptionTable<SeedOption> = { keys: { seed: 'any' } };

/** A seed chooses from `chosen`; those of `hard` come by name only. */
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
    throw new TypeError(`There is no fault "${unknown}" here. There are: none, ${all.join(', ')}.`);
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

/** mulberry32: small, and even enough for choosing faults. */
function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
