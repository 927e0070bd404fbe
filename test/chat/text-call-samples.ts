import type { ToolObject } from '@pawl/core/chat';

const city = { type: 'string' };
const parameters = {
  type: 'object',
  properties: {
    city,
    days: { type: 'integer' },
    tags: { type: 'array' },
    exact: { type: 'boolean' },
    near: { $ref: '#/$defs/near' },
  },
  $defs: { near: { type: 'object' } },
};

export const tools: readonly ToolObject[] = [
  { type: 'function', function: { name: 'get_weather', parameters } },
  { type: 'function', function: { name: 'get_time' } },
  { type: 'custom', custom: { name: 'sql' } },
];

const OSLO = '{"city": "Oslo"}';
const BAR = '｜';

/** Each form with one call for Oslo. */
export const forms: readonly (readonly [string, string])[] = [
  ['Hermes', `<tool_call>\n{"name": "get_weather", "arguments": ${OSLO}}\n</tool_call>`],
  ['Hermes with parameters', `<tool_call>{"name": "get_weather", "parameters": ${OSLO}}</tool_call>`],
  ['Hermes with args', `<tool_call>{"name": "get_weather", "args": ${OSLO}}</tool_call>`],
  ['Hermes with the arguments first', `<tool_call>{"arguments": ${OSLO}, "name": "get_weather"}</tool_call>`],
  [
    'Hermes with arguments as a text',
    `<tool_call>{"name": "get_weather", "arguments": ${JSON.stringify(OSLO)}}</tool_call>`,
  ],
  [
    'Hermes with a function',
    `<tool_call>{"type": "function", "function": {"name": "get_weather", "arguments": ${OSLO}}}</tool_call>`,
  ],
  ['Hermes with a list', `<tool_call>[{"name": "get_weather", "arguments": ${OSLO}}]</tool_call>`],
  ['Granite', `<|tool_call|>[{"name": "get_weather", "arguments": ${OSLO}}]`],
  ['MiniMax-M1', `<tool_calls>\n{"name": "get_weather", "arguments": ${OSLO}}\n</tool_calls>`],
  ['Qwen2.5-Coder', `<tools>\n{"name": "get_weather", "arguments": ${OSLO}}\n</tools>`],
  ['Nemotron', `<TOOLCALL>[{"name": "get_weather", "arguments": ${OSLO}}]</TOOLCALL>`],
  ['InternLM', `<|action_start|><|plugin|>\n{"name": "get_weather", "parameters": ${OSLO}}<|action_end|>`],
  ['Seed', '<seed:tool_call><function=get_weather><parameter=city>Oslo</parameter></function></seed:tool_call>'],
  ['an invoke without a frame', '<invoke name="get_weather"><parameter name="city">Oslo</parameter></invoke>'],
  ['Llama 3', `<function=get_weather>${OSLO}</function>`],
  ['Llama 3.1', `<|python_tag|>{"name": "get_weather", "parameters": ${OSLO}}<|eom_id|>`],
  ['Llama 4', `<|python_start|>{"name": "get_weather", "parameters": ${OSLO}}<|python_end|>`],
  ['Mistral', `[TOOL_CALLS] [{"name": "get_weather", "arguments": ${OSLO}, "id": "abcdefghi"}]`],
  ['Mistral of version 11', `[TOOL_CALLS]get_weather[CALL_ID]abcdefghi[ARGS]${OSLO}`],
  ['Mistral without marks between', `[TOOL_CALLS]get_weather${OSLO}</s>`],
  ['LM Studio', `[TOOL_REQUEST]{"name": "get_weather", "arguments": ${OSLO}}[END_TOOL_REQUEST]`],
  ['MiniMax in LM Studio', `[TOOL_CALL] {"tool": "get_weather", "args": ${OSLO}} [/TOOL_CALL]`],
  [
    'Kimi',
    `<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>${OSLO}<|tool_call_end|><|tool_calls_section_end|>`,
  ],
  [
    'Kimi with blanks',
    `<|tool_calls_section_begin|> <|tool_call_begin|> functions.get_weather:0 <|tool_call_argument_begin|> ${OSLO} <|tool_call_end|> <|tool_calls_section_end|>`,
  ],
  [
    'Kimi in the singular',
    `<|tool_call_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>${OSLO}<|tool_call_end|><|tool_call_section_end|>`,
  ],
  [
    'Kimi without a section',
    `<|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>${OSLO}<|tool_call_end|>`,
  ],
  [
    'DeepSeek R1',
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{"city": "Oslo"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
  ],
  [
    'DeepSeek V3.1',
    `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>${OSLO}<｜tool▁call▁end｜><｜tool▁calls▁end｜>`,
  ],
  ['gpt-oss', `<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>${OSLO}<|call|>`],
  ['gpt-oss with its start', `<|start|>assistant to=functions.get_weather<|channel|>commentary json<|message|>${OSLO}`],
  ['gpt-oss without marks', `commentary to=functions.get_weather json${OSLO}`],
  ['gpt-oss with its role alone', `assistantcommentary to=functions.get_weather <|constrain|>json<|message|>${OSLO}`],
  ['LFM2', '<|tool_call_start|>[get_weather(city="Oslo")]<|tool_call_end|>'],
  ['Gemma 4', '<|tool_call>call:get_weather{city:<|"|>Oslo<|"|>}<tool_call|>'],
  [
    'Command R',
    `<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "get_weather", "parameters": ${OSLO}}]<|END_ACTION|>`,
  ],
  ['JSON alone', `{"name": "get_weather", "arguments": ${OSLO}}`],
  ['JSON alone in a list', ` [{"type": "function", "function": {"name": "get_weather", "arguments": ${OSLO}}}]\n`],
  [
    'Qwen3-Coder',
    '<tool_call>\n<function=get_weather>\n<parameter=city>\nOslo\n</parameter>\n</function>\n</tool_call>',
  ],
  [
    'Qwen3-Coder without its first tag',
    '<function=get_weather>\n<parameter=city>\nOslo\n</parameter>\n</function>\n</tool_call>',
  ],
  ['GLM', '<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Oslo</arg_value>\n</tool_call>'],
  [
    'MiniMax',
    '<minimax:tool_call>\n<invoke name="get_weather">\n<parameter name="city">Oslo</parameter>\n</invoke>\n</minimax:tool_call>',
  ],
  [
    'function_calls',
    '<function_calls><invoke name="get_weather"><parameter name="city">Oslo</parameter></invoke></function_calls>',
  ],
  ...[BAR, '|', '‖', BAR + BAR].map((bar): [string, string] => [
    `DSML with ${bar}`,
    `<${bar}DSML${bar}tool_calls>\n<${bar}DSML${bar}invoke name="get_weather">\n<${bar}DSML${bar}parameter name="city" string="true">Oslo</${bar}DSML${bar}parameter>\n</${bar}DSML${bar}invoke>\n</${bar}DSML${bar}tool_calls>`,
  ]),
];
