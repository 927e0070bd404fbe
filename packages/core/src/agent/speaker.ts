import type { Speaker } from '../perform/scope.ts';
import type { Blueprint } from './blueprint.ts';
import { knownSince } from './known-since.ts';
import { policyOf } from './policy-of.ts';
import { resolveInstructions } from './resolve-instructions.ts';

/** An agent as the one who speaks in a run that another began. */
export function speakerOf(blueprint: Blueprint): Speaker {
  return {
    definition: blueprint.definition,
    settings: blueprint.settings,
    policyOf: (limits) => policyOf(blueprint, limits),
    instructionsFor: (context) => resolveInstructions(blueprint.instructions, context),
    digest: blueprint.digest,
    since: (begun, scope) => knownSince(begun, { blueprint, scope }),
  };
}
