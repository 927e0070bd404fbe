import type { Profile } from '@pawl/core';
import { type FindEarlier, isSupported, type ProbeEvidence } from './probe.ts';
import type { TokenField } from './request-completion.ts';

/** Builds profile fields from all evidence. Fields without evidence keep the value of the base profile. */
export function recommendProfile(found: ReadonlyMap<string, ProbeEvidence>): Partial<Profile> {
  const findEarlier: FindEarlier = (name) => found.get(name);
  const own = [...found.values()].map(({ profile }) => profile);
  const tokenField = chooseTokenField(findEarlier);
  return {
    ...(tokenField !== undefined && { tokenField }),
    ...Object.assign({}, ...own),
    ...listToolChoices(findEarlier),
    ...chooseStrictSchemas(findEarlier),
    ...chooseResponseFormat(findEarlier),
  };
}

/** The field that limits output tokens: one that the server obeys, else the only one that it accepts. */
function chooseTokenField(earlier: FindEarlier): TokenField | undefined {
  const obeyed = FIELDS.find((name) => isSupported(earlier, name));
  const taken = FIELDS.filter((name) => earlier(name)?.isRefused !== true);
  return obeyed ?? (taken.length === 1 ? taken[0] : undefined);
}

/** The field for later requests: one that the server obeys, else one that it accepts. */
export function chooseCapField(earlier: FindEarlier): TokenField | undefined {
  return chooseTokenField(earlier) ?? FIELDS.find((name) => earlier(name)?.isRefused !== true);
}

const FIELDS: readonly TokenField[] = ['max_tokens', 'max_completion_tokens'];

function listToolChoices(earlier: FindEarlier): Pick<Profile, 'toolChoices'> {
  const shown = (['none', 'required', 'function'] as const).filter((form) =>
    isSupported(earlier, `tool_choice ${form}`),
  );
  return { toolChoices: ['auto', ...shown] };
}

/** Strict schemas are sent in tools and in output formats, so the server must accept both if it has both. */
function chooseStrictSchemas(earlier: FindEarlier): Partial<Pick<Profile, 'strictSchemas'>> {
  const [inTools, inFormats] = [earlier('strict tools'), earlier('strict json_schema')];
  const isRefusedInTools = inTools?.isRefused === true && isSupported(earlier, 'tools');
  if (isRefusedInTools || (inFormats?.isRefused === true && isSupported(earlier, 'json_schema'))) {
    return { strictSchemas: false };
  }
  const isTakenInFormats = isSupported(earlier, 'strict json_schema') || earlier('json_schema')?.isRefused === true;
  return isSupported(earlier, 'strict tools') && isTakenInFormats ? { strictSchemas: true } : {};
}

function chooseResponseFormat(earlier: FindEarlier): Partial<Pick<Profile, 'responseFormat'>> {
  if (isSupported(earlier, 'json_schema')) return { responseFormat: 'json_schema' };
  if (isSupported(earlier, 'tool_choice function') || isSupported(earlier, 'tool_choice required')) {
    return { responseFormat: 'tool' };
  }
  if (isSupported(earlier, 'json_object')) return { responseFormat: 'json_object' };
  const isShownMissing = earlier('json_schema')?.status === 'unsupported' && isSupported(earlier, 'text');
  return isShownMissing ? { responseFormat: 'none' } : {};
}
