import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Contestant } from './contestant.ts';
import { pawl } from './pawl.ts';

/** A project of its own beside the workspace, which is installed only where peers are asked for. */
export const peersFolder: string = join(import.meta.dirname, 'peers');

const manifest: { readonly dependencies: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(peersFolder, 'package.json'), 'utf8'),
);

export interface Entrant {
  readonly name: string;
  /** `openai 7.59.0`, and what belongs to it. */
  readonly versions: string;
  /** How it is used. */
  readonly by: string;
}

/** Pawl, and who it is compared with. */
export const entrants: readonly [Entrant, ...Entrant[]] = [
  { name: 'pawl', versions: 'this version', by: '`Agent`' },
  { name: 'ai', versions: of('ai', '@ai-sdk/openai-compatible'), by: '`ToolLoopAgent`' },
  { name: 'openai-agents', versions: of('@openai/agents', 'openai'), by: '`Runner`, `OpenAIChatCompletionsModel`' },
  { name: 'openai', versions: of('openai'), by: '`chat.completions.runTools`' },
  { name: 'langchain', versions: of('langchain', '@langchain/openai'), by: '`createAgent`, `ChatOpenAI`' },
  { name: 'mastra', versions: of('@mastra/core'), by: '`Agent` with a model by its url' },
];

function of(...packages: readonly string[]): string {
  return packages.map((name) => `\`${name}\` ${manifest.dependencies[name]}`).join(' and ');
}

export async function contestantNamed(name: string): Promise<Contestant> {
  if (name === 'pawl') return pawl();
  const file = pathToFileURL(join(peersFolder, `${name}.mjs`)).href;
  return (await import(file)) as Contestant; // Each of them exports `ask`.
}
