import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Framework } from './framework.ts';
import { createPawl } from './pawl.ts';

/** A project outside the workspace, which is installed only for `--peers`. */
export const peersFolder: string = join(import.meta.dirname, 'peers');

const manifest: { readonly dependencies: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(peersFolder, 'package.json'), 'utf8'),
);

export interface FrameworkEntry {
  readonly name: string;
  /** Packages with versions, such as `openai 7.59.0`. */
  readonly versions: string;
  /** The API that is used. */
  readonly by: string;
}

/** Pawl and the frameworks that it is compared with. */
export const frameworks: readonly [FrameworkEntry, ...FrameworkEntry[]] = [
  { name: 'pawl', versions: 'this version', by: '`Agent`' },
  { name: 'ai', versions: formatVersions('ai', '@ai-sdk/openai-compatible'), by: '`ToolLoopAgent`' },
  {
    name: 'openai-agents',
    versions: formatVersions('@openai/agents', 'openai'),
    by: '`Runner`, `OpenAIChatCompletionsModel`',
  },
  { name: 'openai', versions: formatVersions('openai'), by: '`chat.completions.runTools`' },
  { name: 'langchain', versions: formatVersions('langchain', '@langchain/openai'), by: '`createAgent`, `ChatOpenAI`' },
  { name: 'mastra', versions: formatVersions('@mastra/core'), by: '`Agent` with a model by its url' },
];

/** Formats packages with the versions that are compared. */
export function formatVersions(...packages: readonly string[]): string {
  return packages.map((name) => `\`${name}\` ${manifest.dependencies[name]}`).join(' and ');
}

export async function loadFramework(name: string): Promise<Framework> {
  if (name === 'pawl') return createPawl();
  const file = pathToFileURL(join(peersFolder, `${name}.mjs`)).href;
  return (await import(file)) as Framework; // Each file exports `ask`.
}
