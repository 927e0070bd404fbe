import { createHash } from 'node:crypto';
import { stringifyCanonical } from '@pawl/core/model';
import type { SdkTool } from '../sdk.ts';

/** A tool as its server describes it, hints included. */
export interface McpDefinition {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>> | undefined;
  /** Hints of the server. Not to be trusted unless the server is. */
  readonly annotations?: McpAnnotations | undefined;
  readonly execution?: Readonly<Record<string, unknown>> | undefined;
}

/** https://modelcontextprotocol.io/specification/2026-07-28/schema#toolannotations */
export interface McpAnnotations {
  readonly title?: string | undefined;
  /** @defaultValue false */
  readonly readOnlyHint?: boolean | undefined;
  /** @defaultValue true */
  readonly destructiveHint?: boolean | undefined;
  /** @defaultValue false */
  readonly idempotentHint?: boolean | undefined;
  /** @defaultValue true */
  readonly openWorldHint?: boolean | undefined;
}

/** The fields that a pin covers: what the model reads and what decides about a call. Icons and `_meta` do neither. */
export const PINNED_FIELDS: readonly (keyof McpDefinition)[] = [
  'name',
  'title',
  'description',
  'inputSchema',
  'outputSchema',
  'annotations',
  'execution',
];

/** Keeps the fields that a pin covers. */
export function readDefinition(sent: SdkTool): McpDefinition {
  const fields = PINNED_FIELDS.flatMap((field) => {
    const value: unknown = (sent as Readonly<Record<string, unknown>>)[field]; // A server may send less or more than its type.
    return value === undefined ? [] : [[field, value] as const];
  });
  return Object.fromEntries(fields) as unknown as McpDefinition; // The SDK has checked the name and the schemas.
}

const hashes = new WeakMap<McpDefinition, string>();

/** Hashes a definition once: SHA-256 of its canonical JSON, in hexadecimal. */
export function hashDefinition(definition: McpDefinition): string {
  const known = hashes.get(definition);
  if (known !== undefined) return known;
  const hash = hashText(stringifyCanonical(definition));
  hashes.set(definition, hash);
  return hash;
}

export function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
