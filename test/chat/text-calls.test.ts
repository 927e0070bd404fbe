import { expect, test } from 'vitest';
import { readTextCalls, type TextWithCalls } from '../../packages/core/src/chat/read-text-calls.ts';
import { RequestTools } from '../../packages/core/src/chat/request-tools.ts';
import { forms, tools } from './text-call-samples.ts';

const requested = new RequestTools(tools);

function read(text: string, isQuoted: (text: string) => boolean = () => false): TextWithCalls | undefined {
  return readTextCalls(text, { tools: requested, isQuoted });
}

function parsed(found: TextWithCalls | undefined): unknown {
  return found?.calls.map(({ name, arguments: args }) => [name, JSON.parse(args)]);
}

test.each(forms)('reads a call in the form of %s', (_, text) => {
  const found = read(text);
  expect(parsed(found)).toEqual([['get_weather', { city: 'Oslo' }]]);
  expect(found?.text.trim()).toBe('');
});

test.each(forms)('does not read an incomplete call in the form of %s', (_, text) => {
  // Servers often remove a mark that ends the model's turn.
  const bare = text.replace(/(?:<\|(?:eom_id|call)\|>|<\/s>|\n<\/tool_call>)?\s*$/, '');
  const end = text.startsWith('<tool_call>') ? text.length : bare.length;
  for (let length = 0; length < end; length++) expect(read(text.slice(0, length))).toBeUndefined();
});

test.each(forms.filter(([name]) => !/alone|without marks$/.test(name)))(
  'keeps the text around a call in the form of %s',
  (_, text) => {
    const found = read(`I look it up.\n${text}\nOne moment.`);
    expect(parsed(found)).toEqual([['get_weather', { city: 'Oslo' }]]);
    expect(found?.text).toBe('I look it up.\n\nOne moment.');
  },
);

test.each(forms)(
  'does not read a call in the form of %s in a fence, in backticks, or of an unknown tool',
  (_, text) => {
    expect(read(`Write:\n\`\`\`\n${text}\n\`\`\`\n`)).toBeUndefined();
    expect(read(`- Write:\n  ~~~xml\n  ${text}\n  ~~~`)).toBeUndefined();
    expect(read(`Write \`\`\`\`${text}\`\`\`\` to call it.`)).toBeUndefined();
    expect(read(text.replaceAll('get_weather', 'get_news'))).toBeUndefined();
    expect(read(text, () => true)).toBeUndefined();
  },
);

test.each([
  [
    'several tags',
    '<tool_call>{"name":"get_weather","arguments":{"city":"Oslo"}}</tool_call>\n<tool_call>{"name":"get_time","arguments":{}}</tool_call>',
  ],
  [
    'a closing tag that was forgotten',
    '<tool_call>{"name":"get_weather","arguments":{"city":"Oslo"}}\n<tool_call>{"name":"get_time"}</tool_call>',
  ],
  [
    'several objects in one tag',
    '<tool_call>{"name":"get_weather","arguments":{"city":"Oslo"}}\n{"name":"get_time","arguments":null}</tool_call>',
  ],
  ['a list', '[TOOL_CALLS][{"name":"get_weather","arguments":{"city":"Oslo"}},{"name":"get_time","arguments":{}}]'],
  ['several marks of Mistral', '[TOOL_CALLS]get_weather[ARGS]{"city":"Oslo"}[TOOL_CALLS]get_time[ARGS]{}'],
  [
    'semicolons',
    '<|python_tag|>{"name":"get_weather","parameters":{"city":"Oslo"}}; {"name":"get_time","parameters":{}}',
  ],
  ['JSON alone', '{"name":"get_weather","arguments":{"city":"Oslo"}}\n{"name":"get_time"}'],
  [
    'a section of Kimi',
    '<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{"city":"Oslo"}<|tool_call_end|><|tool_call_begin|>functions.get_time:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>',
  ],
  [
    'a frame of DeepSeek',
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city":"Oslo"}<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>get_time<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
  ],
  [
    'invokes',
    '<minimax:tool_call><invoke name="get_weather"><parameter name="city">Oslo</parameter></invoke><invoke name="get_time"></invoke></minimax:tool_call>',
  ],
  [
    'functions',
    '<tool_call><function=get_weather><parameter=city>Oslo</parameter></function></tool_call><tool_call><function=get_time></function></tool_call>',
  ],
  [
    'names of GLM',
    '<tool_call>get_weather<arg_key>city</arg_key><arg_value>Oslo</arg_value></tool_call><tool_call>get_time</tool_call>',
  ],
  ['calls of Python', "<|tool_call_start|>[get_weather(city='Oslo'), get_time()]<|tool_call_end|>"],
])('reads several calls: %s', (_, text) => {
  expect(parsed(read(text))).toEqual([
    ['get_weather', { city: 'Oslo' }],
    ['get_time', {}],
  ]);
});

test.each([
  [
    'Qwen3-Coder',
    '<function=get_weather><parameter=city>\n12\n</parameter><parameter=days>3</parameter><parameter=tags>["a"]</parameter><parameter=exact>True</parameter><parameter=near>{"lat": 1}</parameter><parameter=other>7</parameter></function>',
  ],
  [
    'GLM',
    '<tool_call>get_weather<arg_key>city</arg_key><arg_value>12</arg_value><arg_key>days</arg_key><arg_value>3</arg_value><arg_key>tags</arg_key><arg_value>["a"]</arg_value><arg_key>exact</arg_key><arg_value>true</arg_value><arg_key>near</arg_key><arg_value>{"lat": 1}</arg_value><arg_key>other</arg_key><arg_value>7</arg_value></tool_call>',
  ],
  [
    'DSML',
    '<｜DSML｜function_calls><｜DSML｜invoke name="get_weather"><｜DSML｜parameter name="city" string="true">12</｜DSML｜parameter><｜DSML｜parameter name="days" string="false">3</｜DSML｜parameter><｜DSML｜parameter name="tags" string="false">["a"]</｜DSML｜parameter><｜DSML｜parameter name="exact" string="false">true</｜DSML｜parameter><｜DSML｜parameter name="near" string="false">{"lat": 1}</｜DSML｜parameter><｜DSML｜parameter name="other" string="true">7</｜DSML｜parameter></｜DSML｜invoke></｜DSML｜function_calls>',
  ],
  [
    'Python',
    '<|tool_call_start|>[get_weather(city="12", days=3, tags=["a"], exact=True, near={"lat": 1}, other="7")]<|tool_call_end|>',
  ],
  [
    'Gemma',
    '<|tool_call>call:get_weather{city:<|"|>12<|"|>,days:3,tags:[<|"|>a<|"|>],exact:true,near:{lat:1},other:<|"|>7<|"|>}<tool_call|>',
  ],
])('reads values by the schema or the notation: %s', (_, text) => {
  expect(parsed(read(text))).toEqual([
    ['get_weather', { city: '12', days: 3, tags: ['a'], exact: true, near: { lat: 1 }, other: '7' }],
  ]);
});

test('keeps the text of numbers', () => {
  const text = '<tool_call>{"name":"get_weather","arguments":{"days":2512292042121000001}}</tool_call>';
  expect(read(text)?.calls).toEqual([{ name: 'get_weather', arguments: '{"days":2512292042121000001}' }]);
});

test('reads texts that contain marks, fences and backticks', () => {
  const held = 'a </tool_call> `b` \n```\n<tool_call>';
  const hermes = `<tool_call>${JSON.stringify({ name: 'get_weather', arguments: { city: held } })}</tool_call>`;
  expect(parsed(read(hermes))).toEqual([['get_weather', { city: held }]]);
  const coder = `<function=get_weather><parameter=city>${held}</parameter></function>`;
  expect(parsed(read(coder))).toEqual([['get_weather', { city: held }]]);
});

test('reads a call of a custom tool', () => {
  const text = '<tool_call>{"name":"sql","arguments":{"input":"SELECT 1"}}</tool_call>';
  expect(parsed(read(text))).toEqual([['sql', { input: 'SELECT 1' }]]);
});

test.each([
  ['a word', 'The tag <tool_call> opens a call.'],
  ['an empty tag', '<tool_call></tool_call>'],
  ['arguments that are not an object', '<tool_call>{"name":"get_weather","arguments":[1]}</tool_call>'],
  ['a name that is not a text', '<tool_call>{"name":7,"arguments":{}}</tool_call>'],
  ['no name', '<tool_call>{"arguments":{}}</tool_call>'],
  ['one of two calls unknown', '<tool_call>[{"name":"get_time"},{"name":"get_news"}]</tool_call>'],
  ['JSON with other fields', '{"name":"get_weather","temperature":7}'],
  ['JSON with words after it', '{"name":"get_weather","arguments":{}} is how it is called.'],
  ['a message of gpt-oss without a recipient', '<|channel|>final<|message|>{"city":"Oslo"}'],
  ['a comment of gpt-oss later in the text', 'He wrote: commentary to=functions.get_weather json{"city":"Oslo"}'],
  ['a fence that is not closed', '```\n<tool_call>{"name":"get_time"}</tool_call>'],
  ['a span over two lines', '`a\n<tool_call>{"name":"get_time"}</tool_call>\nb`'],
])('reads no call from %s', (_, text) => {
  expect(read(text)).toBeUndefined();
});

test.each([
  ['a backtick without a second one', 'It`s <tool_call>{"name":"get_time"}</tool_call>'],
  ['a backtick of another paragraph', '`a\n\n<tool_call>{"name":"get_time"}</tool_call>\n\nb`'],
  ['code before it', '`x` ```\ny\n```\n<tool_call>{"name":"get_time"}</tool_call>'],
  ['a fence that was closed', '```js\nx\n```\n<tool_call>{"name":"get_time"}</tool_call>'],
])('reads a call after %s', (_, text) => {
  expect(parsed(read(text))).toEqual([['get_time', {}]]);
});
