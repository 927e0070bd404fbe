import { ConfigError } from '../base/errors.ts';
import { plural } from '../base/text.ts';
import type { JsonSchema } from './json-schema.ts';
import { strictForm } from './strict.ts';
import { linkStrict } from './strict-link.ts';
import type { StrictReason } from './strict-reason.ts';

export interface StrictOptions {
  /** `false`: never; `true`: it must be possible. */
  readonly strict: boolean | undefined;
  /** Whose schema it is, for errors. */
  readonly where: string;
}

/**
 * Renders the strict form of a schema once, links it to the schema, and says why there is none.
 *
 * @throws ConfigError where there has to be one and is not, with every place.
 */
export function linkedReport(schema: JsonSchema, { strict, where }: StrictOptions): readonly StrictReason[] {
  const form = strictForm(schema);
  if (form.ok) {
    if (strict !== false) linkStrict(schema, form.schema);
    return [];
  }
  if (strict === true) {
    const places = form.reasons.slice(0, MOST).map(({ pointer, reason }) => `${pointer || 'the root'}: ${reason}`);
    const more = form.reasons.length - places.length;
    const rest = more === 0 ? '' : `; and ${plural(more, 'more place')}`;
    throw new ConfigError(
      `${where} can't be strict: ${places.join('; ')}${rest}. Change the schema, or leave out strict: true.`,
    );
  }
  return form.reasons;
}

const MOST = 10;
