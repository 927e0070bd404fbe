import { ConfigError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import type { ToolChoice } from '../chat/request.ts';
import type { Tool } from '../tool/tool.ts';

export interface ToolChoiceOptions {
  readonly agent: string;
  readonly tools: ReadonlyMap<string, Tool>;
}

/** @throws ConfigError for a choice in no form that there is, or of what is none of the agent's tools. */
export function checkToolChoice(toolChoice: ToolChoice | undefined, { agent, tools }: ToolChoiceOptions): void {
  const chosen = chosenTools(toolChoice);
  const where = `Agent "${agent}": toolChoice`;
  if (chosen === undefined) throw new ConfigError(`${where} is ${JSON.stringify(toolChoice)}. Use ${FORMS}.`);
  for (const { kind, name } of chosen) {
    const tool = tools.get(name);
    if (tool === undefined) {
      const names = [...tools.keys()].join(', ') || 'it has none';
      throw new ConfigError(`${where} names "${name}", which is none of its tools: ${names}.`);
    }
    const actual = tool.customObject === undefined ? 'function' : 'custom';
    if (kind === actual) continue;
    throw new ConfigError(
      `${where} names "${name}" as a ${kind} tool. Write { type: "${actual}", ${actual}: { name: "${name}" } }.`,
    );
  }
}

const FORMS =
  '"none", "auto", "required", { type: "function", function: { name } }, { type: "custom", custom: { name } }, or { type: "allowed_tools", allowed_tools: { mode: "auto" or "required", tools: [one or more of the two before] } }';

interface Chosen {
  readonly kind: 'function' | 'custom';
  readonly name: string;
}

/** The tools that a choice names; `undefined` for what is no choice. From JavaScript it may be anything. */
function chosenTools(choice: unknown): readonly Chosen[] | undefined {
  if (choice === undefined || choice === 'none' || choice === 'auto' || choice === 'required') return [];
  if (!isRecord(choice)) return undefined;
  if (choice['type'] === 'allowed_tools') return allowedTools(choice['allowed_tools']);
  const chosen = chosenTool(choice);
  return chosen && [chosen];
}

function allowedTools(allowed: unknown): readonly Chosen[] | undefined {
  if (!isRecord(allowed) || (allowed['mode'] !== 'auto' && allowed['mode'] !== 'required')) return undefined;
  const { tools } = allowed;
  if (!Array.isArray(tools) || tools.length === 0) return undefined;
  const chosen = tools.flatMap((entry: unknown) => chosenTool(entry) ?? []);
  return chosen.length === tools.length ? chosen : undefined;
}

function chosenTool(entry: unknown): Chosen | undefined {
  const kind = isRecord(entry) ? entry['type'] : undefined;
  if (!isRecord(entry) || (kind !== 'function' && kind !== 'custom')) return undefined;
  const named = entry[kind];
  return isRecord(named) && typeof named['name'] === 'string' ? { kind, name: named['name'] } : undefined;
}
