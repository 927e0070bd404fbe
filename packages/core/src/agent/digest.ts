import { canonicalJson } from '../base/json.ts';
import type { DefinitionRecord } from '../durable/host.ts';
import type { Tool } from '../tool/tool.ts';

/** What a run remembers of its agent: the version that it was given, and a hash of each tool's schema and effect. */
export async function digestOf(
  tools: ReadonlyMap<string, Tool>,
  version: string | undefined,
): Promise<DefinitionRecord> {
  const hashes = [...tools].map(async ([name, { jsonSchema, effect }]) => [name, await hash([jsonSchema, effect])]);
  const known = { tools: Object.fromEntries(await Promise.all(hashes)) };
  return version === undefined ? known : { ...known, version };
}

/** SHA-256 in hexadecimal, of which 16 characters are enough to tell two schemas apart. */
async function hash(value: unknown): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonicalJson(value)));
  return Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What became of the tools since, by their names. */
export function changesSince(before: DefinitionRecord | undefined, now: DefinitionRecord): ReadonlyMap<string, string> {
  const changes = Object.entries(before?.tools ?? {}).flatMap(
    ([name, hash]): readonly (readonly [string, string])[] => {
      const current = now.tools[name];
      if (current === hash) return [];
      return [[name, current === undefined ? 'it is gone' : 'its schema or its effect is another']];
    },
  );
  return new Map(changes);
}

/** In words, for whoever wonders why a run is refused. */
export function firstDifference(before: DefinitionRecord, now: DefinitionRecord): string {
  for (const [name, change] of changesSince(before, now)) return `tool "${name}": ${change}`;
  const added = Object.keys(now.tools).find((name) => before.tools[name] === undefined);
  return added === undefined ? 'the tools are the same' : `tool "${added}": it is new`;
}
