import { copyJson } from '../base/copy-json.ts';
import { ConfigError, PawlError } from '../base/errors.ts';
import { isRecord, type JsonObject } from '../base/json.ts';
import { describeValue } from '../base/options.ts';
import {
  createRememberedState,
  findOperations,
  type RememberedState,
  type StateChange,
  type StateRule,
} from '../event/remembered-state.ts';
import type { ValidationResult } from '../schema/schema.ts';
import type { ToolState } from '../tool/tool-context.ts';

/** The state that an agent declares. */
export interface StateDefinition {
  readonly agent: string;
  readonly validate: (value: unknown) => Promise<ValidationResult>;
  /** How parallel changes of a field are merged. */
  readonly rules: Readonly<Record<string, StateRule | undefined>>;
}

/**
 * Checks a value of the state. Fields that the schema does not have stay: they belong to another agent of the run.
 *
 * @throws PawlError `state.invalid`, and ConfigError for a value that is not a JSON object
 */
export async function checkState({ agent, validate }: StateDefinition, value: JsonObject): Promise<JsonObject> {
  const validated = await validate(value);
  if (!validated.ok)
    throw new PawlError(`The state of agent "${agent}" would be invalid: ${validated.issues}`, {
      code: 'state.invalid',
    });
  if (!isRecord(validated.value))
    throw new ConfigError(`Agent "${agent}": the state is ${describeValue(validated.value)}. Use an object schema.`);
  const checked = { ...value, ...validated.value } as JsonObject; // `copyJson` refuses what is not JSON.
  return copyJson(checked, { where: `Agent "${agent}"`, name: 'state', ignoresUndefined: true });
}

/** The state as one step sees it, with the changes that the step makes. Nothing changes until the step is recorded. */
export class StateDraft implements ToolState<JsonObject> {
  readonly #before: RememberedState | undefined;
  readonly #definition: StateDefinition | undefined;
  #value: JsonObject | undefined;
  /** The last update; `undefined` if there is none. */
  #last: Promise<JsonObject> | undefined;
  #hasEnded = false;

  /** @param before - `undefined` if no agent of the run has a state yet */
  constructor(before: RememberedState | undefined, definition: StateDefinition | undefined) {
    this.#before = before;
    this.#definition = definition;
    this.#value = before?.value;
  }

  get value(): JsonObject {
    return this.#value as JsonObject; // `undefined` only if no agent of the run has a state.
  }

  readonly update: ToolState<JsonObject>['update'] = (change) => {
    if (this.#hasEnded) return Promise.reject(new ConfigError(ENDED));
    const updated = this.#last === undefined ? this.#update(change) : this.#last.then(() => this.#update(change));
    this.#last = updated;
    updated.catch(() => undefined); // `settle` reports it.
    return updated;
  };

  /** Ends the draft. Returns the updates that the step may not have awaited, if there are any: it rejects if one of them failed. */
  settle(): Promise<unknown> | undefined {
    this.#hasEnded = true;
    return this.#last;
  }

  /** The change for the journal event of the step. */
  get fields(): { readonly stateChange?: StateChange } {
    const { value, version } = this.#before ?? createRememberedState({});
    if (this.#value === undefined || this.#value === value) return {};
    const operations = findOperations(value, this.#value, this.#definition?.rules ?? {});
    return operations.length === 0 ? {} : { stateChange: { base: version, operations } };
  }

  async #update(change: Parameters<ToolState<JsonObject>['update']>[0]): Promise<JsonObject> {
    if (this.#definition === undefined) {
      throw new ConfigError(
        'The agent has no state to update. Pass its schema: new Agent({ state: z.object({ … }) }).',
      );
    }
    const current = this.#value ?? {};
    const fields: unknown = typeof change === 'function' ? await change(current) : change;
    if (!isRecord(fields))
      throw new ConfigError(
        `state.update got ${describeValue(fields)}. Pass the fields to change, or a function that returns them.`,
      );
    this.#value = await checkState(this.#definition, { ...current, ...fields } as JsonObject); // `checkState` refuses what is not JSON.
    return this.#value;
  }
}

const ENDED = 'The call has ended, so its state cannot change. Await state.update.';

/** Reads the state outside a step that may change it: for approvals and previews. */
export function createReadOnlyState(state: RememberedState | undefined): ToolState<JsonObject> {
  const refuse = (): Promise<never> =>
    Promise.reject(new ConfigError('The state can be changed only while a tool executes.'));
  return { value: state?.value as JsonObject, update: refuse }; // As in a draft.
}
