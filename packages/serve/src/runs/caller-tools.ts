import { ConfigError, customTool, type JsonObject, jsonSchema, type Tool, tool } from '@pawl/core';
import type { Json, ToolObject } from '@pawl/core/chat';
import { createInvalidError } from '../protocol/problem.ts';
import type { RunnableAgent } from './agent-directory.ts';

/**
 * Returns the agent with tools that the caller executes. A call of one suspends the run until the caller sends the result.
 *
 * @throws HttpProblem 400 for a tool that is not valid, or that has the name of one of the agent's own
 */
export function addCallerTools(agent: RunnableAgent, tools: readonly ToolObject[]): RunnableAgent {
  if (tools.length === 0) return agent;
  try {
    const added = tools.map(createTool);
    return agent.with(({ tools: own = [] }) => ({ tools: [...own, ...added] })) as unknown as RunnableAgent; // The same agent otherwise.
  } catch (error) {
    if (ConfigError.isInstance(error)) throw createInvalidError(error.message, 'tools');
    throw error;
  }
}

function createTool(object: ToolObject): Tool<unknown> {
  if (object.type === 'custom') {
    const { name, description, format } = object.custom;
    return customTool({ name, description, ...(format !== undefined && { format }) });
  }
  const { name, description, parameters, strict } = object.function;
  return tool({
    name,
    description,
    input: jsonSchema(parameters ?? { type: 'object', properties: {} }),
    ...(typeof strict === 'boolean' && { strict }),
  });
}

/** What the server needs of a request to resume its run in any process. Stored as `metadata.pawl`. */
export interface KeptRequest {
  readonly tools: readonly ToolObject[];
  readonly settings: JsonObject;
  /** Whether the caller may read the completion again. */
  readonly isStored: boolean;
  /** What the face keeps. */
  readonly face?: JsonObject;
}

export function readKeptRequest(metadata: JsonObject): KeptRequest {
  const kept: Json | undefined = metadata['pawl'];
  const fields = typeof kept === 'object' && kept !== null && !Array.isArray(kept) ? (kept as JsonObject) : {};
  // Written by `writeKeptRequest` below. A caller's metadata is in `metadata.caller`.
  return {
    tools: (fields['tools'] ?? []) as unknown as readonly ToolObject[],
    settings: (fields['settings'] ?? {}) as JsonObject,
    isStored: fields['store'] !== false,
    face: (fields['face'] ?? {}) as JsonObject,
  };
}

export function writeKeptRequest({ tools, settings, isStored, face = {} }: KeptRequest): JsonObject {
  return {
    ...(tools.length > 0 && { tools: tools as unknown as Json }), // JSON, as it came.
    ...(Object.keys(settings).length > 0 && { settings }),
    ...(!isStored && { store: false }),
    ...(Object.keys(face).length > 0 && { face }),
  };
}
