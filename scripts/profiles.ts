// Writes docs/reference/profiles.md: how each kind of server is spoken to.
//   node scripts/profiles.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Profile } from '../packages/core/src/model/profile.ts';
import { ADDRESSES } from '../packages/core/src/model/profile-at.ts';
import { PROFILES } from '../packages/core/src/model/profiles.ts';

const PAGE = join(import.meta.dirname, '..', 'docs', 'reference', 'profiles.md');

type Cell = (profile: Profile) => string;

const COLUMNS: readonly (readonly [string, Cell])[] = [
  ['profile', ({ name }) => `\`${name}\``],
  ['found by', ({ name }) => addresses(name)],
  ['`tokenField`', ({ tokenField }) => `\`${tokenField}\``],
  [
    '`toolChoices`',
    ({ toolForm, toolChoices }) => (toolForm === 'functions' ? 'legacy functions' : toolChoices.join(', ')),
  ],
  ['`textToolCalls`', ({ textToolCalls }) => yes(textToolCalls)],
  ['`customTools`', ({ customTools }) => yes(customTools)],
  ['`strictSchemas`', ({ strictSchemas }) => yes(strictSchemas)],
  ['`responseFormat`', ({ responseFormat }) => responseFormat],
  ['`schemaDialect`', ({ schemaDialect }) => schemaDialect],
  ['`developerRole`', ({ developerRole }) => yes(developerRole)],
  ['`messageNames`', ({ messageNames }) => yes(messageNames)],
  ['`extraFields`', ({ extraFields }) => (extraFields === 'all' ? 'all' : list(extraFields))],
  ['`besideCalls`', ({ besideCalls }) => list(Object.keys(besideCalls))],
  ['`streamOptions`', ({ streamOptions }) => yes(streamOptions)],
  ['`defaults`', ({ defaults }) => list(Object.entries(defaults).map(([name, value]) => `${name}: ${value}`))],
  ['`leftOut`', ({ leftOut }) => list(leftOut)],
  [
    'key',
    ({ keyVariable, keyHeader, needsKey }) => `\`${keyVariable}\` as \`${keyHeader}\`${needsKey ? '' : ', if any'}`,
  ],
];

/** The page as it has to be. */
export function profilesPage(): string {
  const head = `| ${COLUMNS.map(([name]) => name).join(' | ')} |\n|${'---|'.repeat(COLUMNS.length)}`;
  const rows = Object.values(PROFILES).map((profile) => `| ${COLUMNS.map(([, cell]) => cell(profile)).join(' | ')} |`);
  return `${INTRODUCTION}${head}\n${rows.join('\n')}\n`;
}

function addresses(name: string): string {
  const found = ADDRESSES.filter(({ profile }) => profile === name);
  return found
    .flatMap(({ hosts = [], port }) => [...hosts, ...(port === undefined ? [] : [`port ${port} of this machine`])])
    .join(', ');
}

function yes(flag: Profile['customTools']): string {
  return flag ? 'yes' : '';
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => `\`${name}\``).join(', ');
}

const INTRODUCTION = `# Profiles: how each kind of server is spoken to

Generated from \`packages/core/src/model/profiles.ts\` by \`node scripts/profiles.ts\`. \`openai(model, { baseURL })\` takes the profile
that the address suggests, and \`compatible\` for an address that it does not know. Say otherwise by name, or by what is different:

<!-- ts
import { openai } from '@pawl/core';

const baseURL = 'http://gpu:9000/v1';
-->
\`\`\`ts
openai('qwen3', { baseURL: 'http://gpu:8000/v1', profile: 'vllm' });
openai('m', { baseURL, profile: { base: 'compatible', strictSchemas: true, extraFields: [] } });
\`\`\`

What a server does not understand is said in another way where there is one: a choice of tools by which tools are shown, a
custom tool as a function, an output schema as an instruction. Hints that it refuses (\`leftOut\`) are not sent. Any other wish is
sent as it is, and the server's refusal is told.

`;

if (import.meta.main) writeFileSync(PAGE, profilesPage());
