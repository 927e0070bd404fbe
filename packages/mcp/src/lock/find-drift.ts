import { stringifyCanonical } from '@pawl/core/model';
import { hashDefinition, type McpDefinition, PINNED_FIELDS } from '../client/definition.ts';
import type { LockedServer, LockedTool } from './lock-file.ts';

/** The difference between the pins of a server and what it is now. */
export interface Drift {
  /** The tools that are new, gone or changed, by the server's names, each with its lines. */
  readonly tools: ReadonlyMap<string, readonly string[]>;
  /** A line for each difference, those of tools included: `tool "a": description: "old" → "new"`. */
  readonly lines: readonly string[];
}

/**
 * Compares a server with its pins. A new tool counts: a rename would otherwise escape the pin of the old name.
 *
 * @param include - limits the comparison to these tools
 * @returns `undefined` if nothing differs
 */
export function findDrift(pinned: LockedServer, current: LockedServer, include?: readonly string[]): Drift | undefined {
  const names = [...new Set([...Object.keys(pinned.tools), ...Object.keys(current.tools)])];
  const compared = include === undefined ? names : names.filter((name) => include.includes(name));
  const tools = new Map<string, readonly string[]>();
  for (const name of compared.sort()) {
    const difference = compareTools(pinned.tools[name], current.tools[name]);
    if (difference.length === 0) continue;
    tools.set(
      name,
      difference.map((line) => `tool ${JSON.stringify(name)}: ${line}`),
    );
  }
  const lines = [...[...tools.values()].flat(), ...compareServers(pinned, current)];
  if (lines.length === 0) return undefined;
  const version = pinned.server === current.server ? [] : [`server: ${pinned.server} → ${current.server}`];
  return { tools, lines: [...lines, ...version] };
}

function compareTools(pinned: LockedTool | undefined, current: LockedTool | undefined): readonly string[] {
  if (pinned === undefined) return ['is new'];
  if (current === undefined) return ['is gone'];
  // The hash is compared too: someone may have changed the definition in the file and not its hash.
  if (pinned.hash === current.hash && hashDefinition(pinned.definition) === pinned.hash) return [];
  const fields = compareDefinitions(pinned.definition, current.definition);
  return fields.length > 0 ? fields : ['the pin does not fit its own hash'];
}

/** Lists the fields that differ, each with both values. */
function compareDefinitions(pinned: McpDefinition, current: McpDefinition): readonly string[] {
  return PINNED_FIELDS.flatMap((field) => {
    const [before, after] = [pinned[field], current[field]].map((value) =>
      value === undefined ? 'nothing' : stringifyCanonical(value),
    );
    return before === after ? [] : [`${field}: ${shorten(before)} → ${shorten(after)}`];
  });
}

function compareServers(pinned: LockedServer, current: LockedServer): readonly string[] {
  const instructions = pinned.instructionsHash === current.instructionsHash ? [] : ['instructions: changed'];
  const source = (['command', 'url'] as const).flatMap((field) => {
    const [before, after] = [pinned[field], current[field]].map((value) => JSON.stringify(value) ?? 'nothing');
    return before === after ? [] : [`${field}: ${before} → ${after}`];
  });
  return [...instructions, ...source];
}

function shorten(text = ''): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
