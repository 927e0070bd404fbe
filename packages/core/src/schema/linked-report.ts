import { ConfigError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import { pluralize } from '../base/text.ts';
import type { JsonSchema } from './json-schema.ts';
import { strictForm } from './strict.ts';
import { linkStrict } from './strict-link.ts';
import type { StrictReason } from './strict-reason.ts';
import { listSubschemas } from './subschemas.ts';

export interface StrictOptions {
  /** `false`: never; `true`: it must be possible. */
  readonly strict: boolean | undefined;
  /** Whose schema it is, for errors. */
  readonly where: string;
  /** The schema that checks what comes back, if it is not the one that is sent. @defaultValue the same */
  readonly original?: JsonSchema;
  /** Whether the check keeps properties that the schema does not name. @defaultValue false */
  readonly hasOpenObjects?: boolean;
}

/**
 * Renders the strict form of a schema once, links it to the schema, and says why there is none, or where it takes less than
 * the schema.
 *
 * @throws ConfigError where there has to be one and is not, with every place.
 */
export function linkedReport(
  schema: JsonSchema,
  { strict, where, original = schema, hasOpenObjects = false }: StrictOptions,
): readonly StrictReason[] {
  const form = strictForm(schema, { original });
  if (form.ok) {
    if (strict !== false) linkStrict(schema, form.schema);
    return hasOpenObjects ? findClosedObjects(schema) : [];
  }
  if (strict === true) {
    const places = form.reasons.slice(0, MOST).map(({ pointer, reason }) => `${pointer || 'the root'}: ${reason}`);
    const more = form.reasons.length - places.length;
    const rest = more === 0 ? '' : `; and ${pluralize(more, 'more place')}`;
    throw new ConfigError(
      `${where} can't be strict: ${places.join('; ')}${rest}. Change the schema, or leave out strict: true.`,
    );
  }
  return form.reasons;
}

const MOST = 10;

/** Where the strict form takes no properties but those that are named, though the schema takes others. */
function findClosedObjects(schema: JsonSchema, pointer = ''): readonly StrictReason[] {
  const isOpen = isRecord(schema['properties']) && schema['additionalProperties'] === undefined;
  const own: readonly StrictReason[] = isOpen ? [{ pointer, reason: CLOSED, isNote: true }] : [];
  const inner = listSubschemas(schema).flatMap(([at, each]) =>
    isRecord(each) ? findClosedObjects(each, pointer + at) : [],
  );
  return [...own, ...inner];
}

const CLOSED = 'the strict form takes no additional properties here';
