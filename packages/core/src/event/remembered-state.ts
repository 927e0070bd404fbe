import { type Json, type JsonObject, stringifyCanonical } from '../base/json.ts';

/** How parallel changes of one field are merged. */
export type StateRule =
  /** The items that a change appends to a list are appended to what is there. */
  | 'append'
  /** The difference that a change makes to a number is added to what is there. */
  | 'add'
  /** The last change holds, in the order of the calls. */
  | 'last';

/** A change of one field. `set` and `remove` conflict with other changes of the field that they did not see. */
export type StateOperation =
  | { readonly type: 'set' | 'replace'; readonly field: string; readonly value: Json }
  | { readonly type: 'append'; readonly field: string; readonly value: readonly Json[] }
  | { readonly type: 'add'; readonly field: string; readonly value: number }
  | { readonly type: 'remove'; readonly field: string };

/** What one step changed of the state. */
export interface StateChange {
  /** The version of the state that the step saw. */
  readonly base: number;
  readonly operations: readonly StateOperation[];
}

/** The state of a run that its agents declare: the changes of its journal, folded. */
export interface RememberedState {
  readonly value: JsonObject;
  /** Increases with each change. */
  readonly version: number;
  /** The version that changed each field last. */
  readonly changedAt: Readonly<Record<string, number>>;
}

export interface FoldedChange {
  readonly state: RememberedState;
  /** The fields because of which the change was dropped; empty if it was kept. */
  readonly conflicts: readonly string[];
}

export function createRememberedState(value: JsonObject, version = 0): RememberedState {
  return { value, version, changedAt: {} };
}

/**
 * Folds a change into the state. Pure, so the order of the journal decides, not the order in which parallel steps ended.
 *
 * A change is kept or dropped as a whole. It is dropped if it sets or removes a field that has changed since the step saw the state.
 */
export function foldStateChange(state: RememberedState, { base, operations }: StateChange): FoldedChange {
  const conflicts = operations.flatMap((each) => (isConflict(state, { operation: each, base }) ? [each.field] : []));
  if (conflicts.length > 0) return { state, conflicts };
  const version = state.version + 1;
  const value: Record<string, Json> = { ...state.value };
  for (const operation of operations) {
    const after = applyOperation(value[operation.field], operation);
    if (after === undefined) delete value[operation.field];
    else value[operation.field] = after;
  }
  const changed = Object.fromEntries(operations.map(({ field }) => [field, version]));
  return { state: { value, version, changedAt: { ...state.changedAt, ...changed } }, conflicts: [] };
}

function isConflict(
  { value, changedAt }: RememberedState,
  { operation, base }: { readonly operation: StateOperation; readonly base: number },
): boolean {
  const { type, field } = operation;
  if ((changedAt[field] ?? 0) <= base) return false;
  if (type === 'remove') return value[field] !== undefined;
  return type === 'set' && !isSame(value[field], operation.value);
}

function applyOperation(before: Json | undefined, operation: StateOperation): Json | undefined {
  switch (operation.type) {
    case 'set':
    case 'replace':
      return operation.value;
    case 'append':
      return [...(Array.isArray(before) ? (before as readonly Json[]) : []), ...operation.value]; // The field is JSON.
    case 'add':
      return (typeof before === 'number' ? before : 0) + operation.value;
    case 'remove':
      return undefined;
  }
}

/** Lists the operations that make one value of the state out of another. */
export function findOperations(
  before: JsonObject,
  after: JsonObject,
  rules: Readonly<Record<string, StateRule | undefined>>,
): readonly StateOperation[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return fields.flatMap((field): readonly StateOperation[] => {
    const [one, other] = [before[field], after[field]];
    if (isSame(one, other)) return [];
    if (other === undefined) return [{ type: 'remove', field }];
    return [findOperation(one, other, { field, rule: Object.hasOwn(rules, field) ? rules[field] : undefined })];
  });
}

function findOperation(
  before: Json | undefined,
  after: Json,
  { field, rule }: { readonly field: string; readonly rule: StateRule | undefined },
): StateOperation {
  if (rule === 'last') return { type: 'replace', field, value: after };
  if (rule === 'add' && typeof after === 'number' && (before === undefined || typeof before === 'number'))
    return { type: 'add', field, value: after - (before ?? 0) };
  if (rule === 'append' && Array.isArray(after) && (before === undefined || Array.isArray(before))) {
    const known: readonly Json[] = before ?? [];
    const list: readonly Json[] = after;
    if (isSame(list.slice(0, known.length), known)) return { type: 'append', field, value: list.slice(known.length) };
  }
  return { type: 'set', field, value: after };
}

function isSame(one: Json | undefined, other: Json | undefined): boolean {
  return one === other || stringifyCanonical(one) === stringifyCanonical(other);
}
