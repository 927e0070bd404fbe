// Writes docs/reference/profiles.md: the profile of each kind of server.
//   node scripts/profiles.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROFILE_ADDRESSES } from '../packages/core/src/openai/find-profile.ts';
import type { Profile } from '../packages/core/src/openai/profile.ts';
import { PROFILES, type ProfileName } from '../packages/core/src/openai/profiles.ts';
import { PROFILE_SOURCES } from './profile-sources.ts';

const PAGE = join(import.meta.dirname, '..', 'docs', 'reference', 'profiles.md');

type Cell = (profile: Profile) => string;

const COLUMNS: readonly (readonly [string, Cell])[] = [
  ['profile', ({ name }) => `\`${name}\``],
  ['found by', ({ name }) => listAddresses(name)],
  ['`tokenField`', ({ tokenField }) => `\`${tokenField}\``],
  [
    '`toolChoices`',
    ({ toolForm, toolChoices }) => (toolForm === 'functions' ? 'legacy functions' : toolChoices.join(', ')),
  ],
  ['`textToolCalls`', ({ textToolCalls }) => formatFlag(textToolCalls)],
  ['`customTools`', ({ customTools }) => formatFlag(customTools)],
  [
    '`strictSchemas`',
    ({ strictSchemas, strictTools }) => {
      return strictSchemas && strictTools === 'all-or-none' ? 'yes; of tools all or none' : formatFlag(strictSchemas);
    },
  ],
  ['`responseFormat`', ({ responseFormat }) => responseFormat],
  ['`outputWithTools`', ({ outputWithTools }) => outputWithTools],
  ['`schemaDialect`', ({ schemaDialect }) => schemaDialect],
  ['`developerRole`', ({ developerRole }) => formatFlag(developerRole)],
  ['`messageNames`', ({ messageNames }) => formatFlag(messageNames)],
  ['`emptyContent`', ({ emptyContent }) => formatFlag(emptyContent)],
  ['`systemMessages`', ({ systemMessages }) => systemMessages],
  ['`roleOrder`', ({ roleOrder }) => roleOrder],
  ['`assistantLast`', ({ assistantLast }) => formatFlag(assistantLast)],
  ['`toolCallIds`', ({ toolCallIds }) => (toolCallIds === 'any' ? 'any' : `\`${toolCallIds.pattern}\``)],
  ['`needsTools`', ({ needsTools }) => formatFlag(needsTools)],
  ['`reasoningFields`', ({ reasoningFields }) => listCodes(reasoningFields)],
  [
    '`passthroughFields`',
    ({ passthroughFields }) => (passthroughFields === 'all' ? 'all' : listCodes(passthroughFields)),
  ],
  ['`requiredWithToolCalls`', ({ requiredWithToolCalls }) => listCodes(Object.keys(requiredWithToolCalls))],
  ['`requiredWithTools`', ({ requiredWithTools }) => listCodes(Object.keys(requiredWithTools))],
  ['`streamsTools`', ({ streamsTools }) => formatFlag(streamsTools)],
  ['`reportsCuts`', ({ reportsCuts }) => formatFlag(reportsCuts)],
  ['`reportsCutCalls`', ({ reportsCutCalls }) => formatFlag(reportsCutCalls)],
  ['`streamOptions`', ({ streamOptions }) => formatFlag(streamOptions)],
  ['`defaults`', ({ defaults }) => listCodes(Object.entries(defaults).map(([name, value]) => `${name}: ${value}`))],
  ['`leftOut`', ({ omittedFields: leftOut }) => listCodes(leftOut)],
  [
    'key',
    ({ apiKeyVariable, keyHeader, needsKey }) =>
      `\`${apiKeyVariable}\` as \`${keyHeader}\`${needsKey ? '' : ', if any'}`,
  ],
];

/** The fields of `schemaSupport`, with their formats in the table. */
const SUPPORT: readonly (readonly [string, (support: Profile['schemaSupport']) => string])[] = [
  ['`patterns`', ({ patterns }) => patterns],
  ['`formats`', ({ formats }) => (formats === 'any' ? 'any' : listCodes(formats))],
  ['`lengthsBesidePatterns`', ({ lengthsBesidePatterns }) => formatFlag(lengthsBesidePatterns)],
  ['`maxRepetitions`', ({ maxRepetitions }) => formatLimit(maxRepetitions)],
  ['`tuples`', ({ tuples }) => tuples],
  ['`anyValues`', ({ anyValues }) => anyValues],
  ['`booleanSchemas`', ({ booleanSchemas }) => formatFlag(booleanSchemas)],
  ['`typeLists`', ({ typeLists }) => typeLists],
  ['`constants`', ({ constants }) => formatFlag(constants)],
  ['`enums`', ({ enums }) => enums],
  ['`unions`', ({ unions }) => unions],
  ['`references`', ({ references }) => references],
  ['`maxStrictLength`', ({ maxStrictLength }) => formatLimit(maxStrictLength)],
  ['`strictRecursion`', ({ strictRecursion }) => formatFlag(strictRecursion)],
  ['`omittedKeywords`', ({ omittedKeywords }) => listCodes(omittedKeywords)],
];

/** Builds the page. */
export function buildProfilesPage(): string {
  const profiles = Object.values(PROFILES);
  const rows = profiles.map((profile) => COLUMNS.map(([, cell]) => cell(profile)));
  const main = formatTable(
    COLUMNS.map(([name]) => name),
    rows,
  );
  return `${INTRODUCTION}${main}\n${SCHEMAS}${formatSchemas(profiles)}\n${SOURCES}${listSources()}\n`;
}

function listSources(): string {
  const names = Object.keys(PROFILES) as readonly ProfileName[]; // The keys of the object are the names.
  const parts = names.map((name) => {
    const lines = PROFILE_SOURCES[name].map(({ url, detail }) => `- ${detail}: <${url}>`);
    return [`\`${name}\``, '', ...lines].join('\n');
  });
  return parts.join('\n\n');
}

/** Formats one row for all profiles with equal schema support. */
function formatSchemas(profiles: readonly Profile[]): string {
  const kinds = Map.groupBy(profiles, ({ schemaSupport }) => JSON.stringify(schemaSupport));
  const rows = [...kinds.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const names = [first, ...others].map(({ name }) => `\`${name}\``).join(', ');
    return [[names, ...SUPPORT.map(([, cell]) => cell(first.schemaSupport))]];
  });
  return formatTable(['profiles', ...SUPPORT.map(([name]) => name)], rows);
}

function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`];
  return `${[...lines, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n')}\n`;
}

function formatLimit(count: number): string {
  return count === Number.POSITIVE_INFINITY ? 'none' : `${count}`;
}

function listAddresses(name: string): string {
  const found = PROFILE_ADDRESSES.filter(({ profile }) => profile === name);
  return found
    .flatMap(({ hostnames: hosts = [], path = '', port }) => [
      ...hosts.map((host) => (path === '' ? host : `\`${host}${path}\``)),
      ...(port === undefined ? [] : [`port ${port} of this machine`]),
    ])
    .join(', ');
}

function formatFlag(flag: Profile['customTools']): string {
  return flag ? 'yes' : '';
}

function listCodes(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => `\`${name}\``).join(', ');
}

const INTRODUCTION = `# Profiles: how each kind of server is asked

Generated from \`packages/core/src/openai/profiles.ts\` by \`node scripts/profiles.ts\`. \`openai(model, { baseURL })\` uses the profile that the
address suggests, and \`compatible\` for an unknown address. Choose another one by name, or by what differs:

<!-- ts
import { openai } from '@pawl/core';

const baseURL = 'http://gpu:9000/v1';
-->
\`\`\`ts
openai('qwen3', { baseURL: 'http://gpu:8000/v1', profile: 'vllm' });
openai('m', { baseURL, profile: { base: 'compatible', strictSchemas: true, passthroughFields: [] } });
\`\`\`

What a server does not understand is expressed in another way where there is one: a choice of tools by which tools are shown, a
custom tool as a function, an output schema as an instruction. Ids of tool calls that it refuses are replaced in calls and results, a
message that may not stand where it is has a short one put before it, several system messages become one, and a message that says
nothing is left out. The history of a run keeps what the server sent. Hints that it refuses (\`leftOut\`) are not sent. Any other wish is
sent as it is, and the server's refusal is reported.

\`outputWithTools\` says how a model is held to an output schema in a request that sends tools:

- \`response-format\`: as without tools.
- \`final-tool\`: the model answers by calling a tool, \`final_answer\`, which is turned into text before the loop sees it. If the server cannot
  force a tool call, an instruction asks for it. An unknown server gets this one: some servers refuse \`response_format\` together with tools, and
  others hold the whole response to it, so that the model cannot call a tool.
- \`instructions\`: by an instruction alone.

A request without tools, or with \`tool_choice: 'none'\`, is held as \`responseFormat\` says; then no tools are sent with the format.

`;

const SOURCES = `## Sources

The values come from the vendors' documentation, and from public issues and programs that show how the servers behave. Nothing was tried
against the vendors' live services.

`;

const SCHEMAS = `## What they accept of JSON Schema

\`schemaSupport\` of a profile. What a server does not take is left out of what is sent, expressed in another way if there is one, and
otherwise in the description: the schema itself still checks what comes back. In \`patterns\`, \`python\` is Python's \`re\` without look-around
and back references, \`regular\` what a grammar can be made of, \`gbnf\` what llama.cpp makes one of. The sources stand beside the data, in
\`packages/core/src/openai/schema-supports.ts\`.

<!-- ts
import { openai } from '@pawl/core';

const baseURL = 'http://gpu:9000/v1';
-->
\`\`\`ts
openai('m', { baseURL, profile: { base: 'vllm', schemaSupport: { patterns: 'none' } } });
\`\`\`

`;

if (import.meta.main) writeFileSync(PAGE, buildProfilesPage());
