import { expect, test } from 'vitest';
import { z } from 'zod';
import type { ToolObject } from '../chat/request.ts';
import { tool } from '../tool/tool.ts';
import { PROFILES, type ProfileName } from './profiles.ts';
import { buildRequestBody } from './request-body.ts';

const { functionObject } = tool({
  name: 'look',
  description: 'Looks.',
  input: z.object({ at: z.string() }),
  execute: () => '',
});
const strict: ToolObject = { type: 'function', function: functionObject };
const open: ToolObject = { type: 'function', function: { name: 'open', parameters: { type: 'object' } } };
const loose: ToolObject = { type: 'function', function: { ...functionObject, name: 'loose', strict: false } };

test.each<[string, readonly ToolObject[], ProfileName, readonly unknown[]]>([
  ['sends all tools as strict if all can be', [strict], 'cerebras', [true]],
  ['sends no tool as strict if one cannot be', [strict, open], 'cerebras', [undefined, undefined]],
  ['sends no tool as strict if one has strict: false', [loose, strict], 'cerebras', [undefined, undefined]],
  ['decides for each tool if the server accepts a mix', [strict, open, loose], 'mistral', [true, undefined, false]],
])('%s', (_, tools, name, expected) => {
  const text = buildRequestBody({ messages: [], tools }, { model: 'm', profile: PROFILES[name] }).toText();
  const sent: { readonly tools: readonly { readonly function: { readonly strict?: boolean } }[] } = JSON.parse(text);
  expect(sent.tools.map(({ function: { strict: isStrict } }) => isStrict)).toEqual(expected);
});
