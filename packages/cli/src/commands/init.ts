import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { CommandContext } from '../command-context.ts';
import { createSetupError } from '../errors.ts';
import { formatVersion } from '../help.ts';
import { quoteArgument } from '../target/open-target.ts';

/** `pawl init [DIR]`: writes only files that do not exist. */
export async function executeInit({ args, io, output }: CommandContext): Promise<number> {
  const given = args.positionals[0] ?? '.';
  const folder = resolve(io.cwd, given);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw createSetupError(
      `The folder ${JSON.stringify(given)} cannot be made: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  const files = createFiles(toPackageName(basename(folder)), await formatVersion());
  for (const [name, text] of Object.entries(files)) {
    const isWritten = await writeNew(join(folder, name), text);
    await output.writeLine(`${isWritten ? 'wrote' : 'kept '} ${name}`);
  }
  const change = given === '.' ? '' : `cd ${quoteArgument(given)} && `;
  output.noteWhole(`Next: ${change}npm install && npx pawl run agent.ts "What is the weather in Rome?"`);
  return 0;
}

async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw createSetupError(
      `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}

function toPackageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? 'agent' : name;
}

function createFiles(name: string, version: string): Readonly<Record<string, string>> {
  const ofPawl = `^${version}`;
  const manifest = {
    name,
    private: true,
    type: 'module',
    scripts: { ask: 'pawl run agent.ts', chat: 'pawl chat agent.ts' },
    dependencies: { '@pawl/core': ofPawl, '@pawl/testing': ofPawl, zod: '^4.0.0' },
    devDependencies: { '@pawl/cli': ofPawl },
    engines: { node: '^22.19.0 || ^24.0.0 || >=26.0.0' },
  };
  return {
    'package.json': `${JSON.stringify(manifest, undefined, 2)}\n`,
    'agent.ts': AGENT,
    'README.md': README,
    '.gitignore': 'node_modules/\n.pawl/\n.env\n',
  };
}

const AGENT = `import { Agent, openai, tool } from '@pawl/core';
import { z } from 'zod';

const getWeather = tool({
  name: 'get_weather',
  description: 'Returns the weather in a city.',
  input: z.object({ city: z.string() }),
  effect: 'read',
  execute: ({ city }) => ({ city, sky: city.length % 2 === 0 ? 'sunny' : 'cloudy', degrees: 14 + city.length }),
});

/** Without a key, an offline server answers by rules. It is not a language model. */
async function createModel() {
  const { OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL = 'gpt-5-mini' } = process.env;
  if (OPENAI_API_KEY || OPENAI_BASE_URL) return openai(OPENAI_MODEL);
  const { offlineServer } = await import('@pawl/testing');
  return openai('pawl-stand-in', { baseURL: (await offlineServer()).baseURL });
}

export const agent = new Agent({
  name: 'weather',
  description: 'Answers questions about the weather.',
  model: await createModel(),
  instructions: 'Answer from what the tools say. Be brief.',
  tools: [getWeather],
});
`;

const README = `# An agent

\`\`\`sh
npm install
npx pawl run agent.ts "What is the weather in Rome?"
\`\`\`

Without a key an offline server answers by rules; it is not a language model. For a real model set \`OPENAI_API_KEY\`, or
\`OPENAI_BASE_URL\` and \`OPENAI_MODEL\` for any other Chat Completions server.

| command | does |
|---|---|
| \`npx pawl chat agent.ts\` | a conversation |
| \`npx pawl runs\` | what has run; \`npx pawl runs show ID --journal\` shows each step |
| \`npx pawl tools agent.ts get_weather --input '{"city": "Oslo"}'\` | runs the tool alone |
| \`npx pawl serve agent.ts\` | serves the agent over HTTP |
| \`npx pawl doctor agent.ts\` | checks everything |
`;
