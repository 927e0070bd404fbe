import { ConfigError, checkOptions, type Effect, type OptionTable, type Tool } from '@pawl/core';
import { isRecord } from '@pawl/core/model';
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
  const where = `MCP tool "${definition.name}", annotations()`;
  if (!isRecord(traits)) {
    throw new ConfigError(
      `${where} returned ${JSON.stringify(traits) ?? 'nothing'}. Return { effect?, needsApproval?, exclusive? }.`,
    );
  }
  return { ...DEFAULTS, ...checkOptions<Partial<McpToolTraits>>(traits, TRAITS, where) };
}

const DEFAULTS: McpToolTraits = { effect: 'non-idempotent', needsApproval: false, exclusive: false };

function readHints({ annotations: hints = {} }: McpDefinition): McpToolTraits {
  const isReadOnly = hints.readOnlyHint === true;
  const effect = isReadOnly ? 'read' : hints.idempotentHint === true ? 'idempotent' : 'non-idempotent';
  return { effect, needsApproval: !isReadOnly && hints.destructiveHint !== false, exclusive: false };
}

const TRAITS: OptionTable<Partial<McpToolTraits>> = {
  keys: {
    effect: { read: true, idempotent: true, 'non-idempotent': true },
    needsApproval: ['boolean', 'function'],
    exclusive: 'boolean',
  },
};
