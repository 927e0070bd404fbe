import type { JsonSchema } from '@pawl/core/chat';
import { adaptSchema } from '../../packages/core/src/openai/adapt-schema.ts';
import { PROFILES, type ProfileName } from '../../packages/core/src/openai/profiles.ts';

export const text = { type: 'string' };
export const number = { type: 'number' };
export const ALL_TYPES = ['string', 'number', 'boolean', 'object', 'array', 'null'];

/** Returns the schema of property `a` as a server with this profile gets it. */
export function sendProperty(profile: ProfileName, schema: JsonSchema): unknown {
  const object = { type: 'object', properties: { a: schema }, required: ['a'] };
  return Object(adaptSchema({ schema: object, strict: undefined }, PROFILES[profile]).schema?.['properties']).a;
}
