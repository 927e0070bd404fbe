import { ConfigError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import { pluralize } from '../base/text.ts';
import type { JsonSchema } from './json-schema.ts';
import { renderStrictForm } from './render-strict-form.ts';
import { setStrictForm } from './strict-form-link.ts';
import type { StrictReason } from './strict-reason.ts';
import { listSubschemas } from './subschemas.ts';

export interface PrepareStrictFormOptions {
  /** `false`: do not link a strict form. `true`: throw if there is none. */
  readonly strict: boolean | undefined;
  /** The start of error messages: who owns the schema. */
  readonly where: string;
  /** The schema that validates the model's values, if it is not the one that is sent. @defaultValue the sent schema */
  readonly original?: JsonSchema;
  /** Whether validation keeps properties that the schema does not list. @defaultValue false */
  readonly hasOpenObjects?: boolean;
}

/**
 * Renders the strict form of a schema once and links it to the schema. Returns the reasons why there is no strict form, or notes
 * about values that the schema allows and the strict form does not.
 *
 * @throws ConfigError if `strict` is `true` and there is no strict form. The message lists up to 10 places.
 */
export function prepareStrictForm(
  schema: JsonSchema,
  { strict, where, original = schema, hasOpenObjects = false }: PrepareStrictFormOptions,
): readonly StrictReason[] {
  const form = renderStrictForm(schema, { original });
  if (form.ok) {
    if (strict !== false) setStrictForm(schema, form.schema);
    return hasOpenObjects ? findClosedObjects(schema) : [];
  }
  if (strict === true) {
    const places = form.reasons
      .slice(0, MAX_REASONS)
      .map(({ pointer, reason }) => `${pointer || 'the root'}: ${reason}`);
    const more = form.reasons.length - places.length;
    const rest = more === 0 ? '' : `; and ${pluralize(more, 'more place')}`;
    throw new ConfigError(
      `${where} cannot be strict: ${places.join('; ')}${rest}. Change the schema, or remove strict: true.`,
    );
  }
  return form.reasons;
}

const MAX_REASONS = 10;

/** Finds objects that are open in the schema and closed in its strict form. */
function findClosedObjects(schema: JsonSchema, pointer = ''): readonly StrictReason[] {
  const isOpen = isRecord(schema['properties']) && schema['additionalProperties'] === undefined;
  const own: readonly StrictReason[] = isOpen ? [{ pointer, reason: CLOSED_OBJECT, isNote: true }] : [];
  const inner = listSubschemas(schema).flatMap(([at, each]) =>
    isRecord(each) ? findClosedObjects(each, pointer + at) : [],
  );
  return [...own, ...inner];
}

const CLOSED_OBJECT = 'the strict form allows no additional properties here';
