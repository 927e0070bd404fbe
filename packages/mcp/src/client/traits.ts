import { ConfigError, type Effect, type Tool } from '@pawl/core';
import type { McpDefinition } from './definition.ts';

/** What Pawl decides by about a call. */
export interface McpToolTraits {
  /** @defaultValue 'non-idempotent' */
  readonly effect: Effect;
  /** @defaultValue false */
  readonly needsApproval: Tool['needsApproval'];
  /** @defaultValue false */
  readonly exclusive: boolean;
}

/**
 * How far the hints of a server decide about effects and approvals:
 * - `ignore`: not at all. Each call is `non-idempotent` and needs no approval.
 * - `trust`: `readOnlyHint` is the effect `read`, `idempotentHint` is `idempotent`. A call needs approval unless its tool is read-only or
 *   `destructiveHint` is `false`.
 * - A function decides for each tool. What it leaves out is as with `ignore`.
 */
export type AnnotationsOption = 'ignore' | 'trust' | ((definition: McpDefinition) => Partial<McpToolTraits>);

/** @throws ConfigError if the function returns something else than traits */
export function readTraits(definition: McpDefinition, annotations: AnnotationsOption): McpToolTraits {
  if (annotations === 'ignore') return DEFAULTS;
  if (annotations === 'trust') return readHints(definition);
  const traits: unknown = annotations(definition);
  const wrong = findWrongTrait(traits);
  if (wrong === undefined) return { ...DEFAULTS, ...(traits as Partial<McpToolTraits>) }; // Checked by `findWrongTrait`.
  throw new ConfigError(
    `MCP tool "${definition.name}": annotations() returned ${wrong}. Return { effect?, needsApproval?, exclusive? }, with effect "read", "idempotent" or "non-idempotent".`,
  );
}

const DEFAULTS: McpToolTraits = { effect: 'non-idempotent', needsApproval: false, exclusive: false };

function readHints({ annotations: hints = {} }: McpDefinition): McpToolTraits {
  const isReadOnly = hints.readOnlyHint === true;
  const effect = isReadOnly ? 'read' : hints.idempotentHint === true ? 'idempotent' : 'non-idempotent';
  return { effect, needsApproval: !isReadOnly && hints.destructiveHint !== false, exclusive: false };
}

const CHECKS: Readonly<Record<keyof McpToolTraits, (value: unknown) => boolean>> = {
  effect: (value) => value === 'read' || value === 'idempotent' || value === 'non-idempotent',
  needsApproval: (value) => typeof value === 'boolean' || typeof value === 'function',
  exclusive: (value) => typeof value === 'boolean',
};

function findWrongTrait(traits: unknown): string | undefined {
  if (typeof traits !== 'object' || traits === null) return String(traits);
  const wrong = Object.entries(traits).find(
    ([key, value]) => !(Object.hasOwn(CHECKS, key) && CHECKS[key as keyof McpToolTraits](value)), // It is a key of CHECKS.
  );
  return wrong === undefined ? undefined : `${wrong[0]}: ${JSON.stringify(wrong[1])}`;
}
