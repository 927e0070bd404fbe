import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { FunctionObject, ToolObject } from '../chat/request.ts';
import { tool } from '../tool/tool.ts';
import { PROFILES, type ProfileName } from './profiles.ts';
import { buildRequestBody } from './request-body.ts';

const sql: ToolObject = { type: 'custom', custom: { name: 'sql' } };
const raw: ToolObject = { type: 'function', function: { name: 'raw', strict: true } };

describe('strict tools of a server with all-or-none', () => {
  const toolOf = (name: string, input: z.ZodObject, strict?: boolean): ToolObject => ({
    type: 'function',
    function: tool({ name, description: '', input, execute: () => '', ...(strict !== undefined && { strict }) })
      .functionObject,
  });
  const strictTool = toolOf('strict', z.object({ a: z.string() }));
  const looseTool = toolOf('loose', z.object({ a: z.record(z.string(), z.string()) }));
  const stricts = (tools: readonly ToolObject[], base: ProfileName): unknown => {
    const body = JSON.parse(
      buildRequestBody({ messages: [], tools }, { model: 'm', profile: PROFILES[base] }).toText(),
    ) as {
      readonly tools: readonly { readonly function: FunctionObject }[];
    };
    return body.tools.map(({ function: { strict } }) => strict);
  };

  test('are sent strict if each can be strict', () => {
    expect(stricts([strictTool, strictTool], 'cerebras')).toEqual([true, true]);
  });

  test('are sent without strict if one cannot be strict', () => {
    expect(stricts([strictTool, looseTool], 'cerebras')).toEqual([undefined, undefined]);
    expect(stricts([looseTool], 'cerebras')).toEqual([undefined]);
    expect(stricts([strictTool, sql], 'cerebras')).toEqual([undefined, undefined]);
    expect(stricts([strictTool, raw, looseTool], 'cerebras')).toEqual([undefined, undefined, undefined]);
  });

  test('are mixed for other servers', () => {
    expect(stricts([strictTool, looseTool], 'openai')).toEqual([true, undefined]);
  });

  test('are decided for each list of tools', () => {
    const [both, one] = [[strictTool, looseTool], [strictTool]];
    expect([stricts(both, 'cerebras'), stricts(one, 'cerebras'), stricts(both, 'cerebras')]).toEqual([
      [undefined, undefined],
      [true],
      [undefined, undefined],
    ]);
  });
});
