import { isRecord, parseJson } from '../base/json.ts';
import { excerpt } from '../base/text.ts';
import type { Validated } from '../schema/schema.ts';
import type { Tool } from './tool.ts';

/** Reads the arguments that a model wrote. Empty text is `{}`; JSON inside a JSON string is taken out once. */
export function parseArguments(text: string): Validated {
  if (text.trim() === '') return { ok: true, value: {} };
  const parsed = parseJson(text);
  if (!parsed.ok) {
    return { ok: false, issues: `The arguments are not valid JSON: ${excerpt(parsed.problem)}. Send one JSON object.` };
  }
  if (typeof parsed.value === 'string') {
    const inner = parseJson(parsed.value);
    if (inner.ok && isRecord(inner.value)) return inner;
  }
  return parsed;
}

/** Parses and checks. Issues are text for the model; a schema that throws is one of them. */
export async function readArguments(tool: Tool, text: string): Promise<Validated> {
  const parsed = parseArguments(text);
  if (!parsed.ok) return parsed;
  try {
    return await tool.validate(parsed.value);
  } catch (error) {
    return { ok: false, issues: error instanceof Error ? error.message : 'the arguments could not be checked' };
  }
}
