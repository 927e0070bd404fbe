import { makeCall, readJsonCalls, readNamed, type TextCall, type TextCallReader } from './text-call-json.ts';
import { readGemmaCall, readPythonCalls } from './text-call-literals.ts';
import { makeInvokeReader, readArgumentPairs, readFunction } from './text-call-tags.ts';

/** A form in which models write calls into their text. */
export interface TextCallForm {
  /** The mark at its start. */
  readonly opening: string;
  /** Reads from after the mark to the end of the call. */
  readonly read: TextCallReader;
  /** The mark of another form that is used inside this one. If this form is incomplete, that mark does not begin a call. */
  readonly inner?: string;
}

/** Reads calls and a required closing mark. */
function requireClosing(read: TextCallReader, ...closings: readonly string[]): TextCallReader {
  return (scanner, tools) => {
    const calls = read(scanner, tools);
    scanner.skipBlanks();
    return calls !== undefined && scanner.takeAny(closings) ? calls : undefined;
  };
}

/** Reads calls and an optional closing mark. It ends the model's turn, so many servers remove it. */
function allowEnding(read: TextCallReader, ...endings: readonly string[]): TextCallReader {
  return (scanner, tools) => {
    const calls = read(scanner, tools);
    const end = scanner.position;
    scanner.skipBlanks();
    if (calls !== undefined && !scanner.takeAny(endings)) scanner.position = end;
    return calls;
  };
}

/** Reads one or more calls up to a closing mark. */
function readFrame(form: TextCallReader, closing: string): TextCallReader {
  return requireClosing((scanner, tools) => {
    const all: TextCall[] = [];
    for (scanner.skipBlanks(); !scanner.isAt(closing); scanner.skipBlanks()) {
      const calls = form(scanner, tools);
      if (calls === undefined) return undefined;
      all.push(...calls);
    }
    return all.length === 0 ? undefined : all;
  }, closing);
}

/** Tries each reader and returns the first result. */
function tryEach(...forms: readonly TextCallReader[]): TextCallReader {
  return (scanner, tools) => {
    const start = scanner.position;
    for (const read of forms) {
      const calls = read(scanner, tools);
      if (calls !== undefined) return calls;
      scanner.position = start;
    }
    return undefined;
  };
}

/** Hermes, Qwen, GLM: the content of the tags differs. Models omit the closing tag before the next call. */
const readToolCall: TextCallReader = (scanner, tools) => {
  scanner.skipBlanks();
  const calls = readInside(scanner, tools);
  scanner.skipBlanks();
  const isClosed = scanner.take('</tool_call>') || scanner.isAt('<tool_call>');
  return isClosed ? calls : undefined;
};

const readInside: TextCallReader = (scanner, tools) => {
  if (scanner.isAt('{') || scanner.isAt('[')) return readJsonCalls(scanner, tools);
  const isFunction = scanner.takeAny(['<function=', '<function name=']);
  return isFunction ? readFunction(scanner, tools) : readArgumentPairs(scanner, tools);
};

/** Kimi: `functions.get_weather:0<|tool_call_argument_begin|>{…}<|tool_call_end|>`. */
const readKimi = requireClosing(
  (scanner, tools) => readNamed(scanner, tools, /\s*[\w.:-]{1,128}\s*<\|tool_call_argument_begin\|>\s*/y),
  '<|tool_call_end|>',
);

/** DeepSeek: `get_weather<｜tool▁sep｜>{…}`; before V3.1 `function<｜tool▁sep｜>get_weather` with the arguments in a fence. */
const readDeepSeek: TextCallReader = (scanner, tools) => {
  const fenced = /\s*\w{1,64}<｜tool▁sep｜>/y;
  const start = scanner.position;
  const calls = readNamed(scanner, tools, /\s*[\w.:-]{1,128}\s*<｜tool▁sep｜>\s*/y);
  if (calls !== undefined) return takeEnd(calls);
  scanner.position = start;
  if (scanner.match(fenced) === undefined) return undefined;
  return takeEnd(readNamed(scanner, tools, /\s*[\w.:-]{1,128}\s*```(?:json)?\s*/y));

  function takeEnd(found: readonly TextCall[] | undefined): readonly TextCall[] | undefined {
    scanner.match(/\s*(?:```)?\s*/y);
    return scanner.take('<｜tool▁call▁end｜>') ? found : undefined;
  }
};

/** Reads a call of DeepSeek or Kimi, which has its own mark inside the frame. */
function requireMark(mark: string, read: TextCallReader): TextCallReader {
  return (scanner, tools) => (scanner.take(mark) ? read(scanner, tools) : undefined);
}

/** Mistral: a list; since version 11 of its tokenizer a name and its arguments. */
const readMistral: TextCallReader = (scanner, tools) => {
  scanner.skipBlanks();
  if (scanner.isAt('[') || scanner.isAt('{')) return readJsonCalls(scanner, tools);
  return readNamed(scanner, tools, /[\w.:-]{1,128}(?:\[CALL_ID\][\w-]{0,64})?(?:\[ARGS\])?\s*/y);
};

/** gpt-oss, after `<|start|>` or `<|channel|>`: the recipient in the header is the tool. */
const readHarmony = allowEnding(
  (scanner, tools) => {
    const header = scanner.takeUntil('<|message|>', 256);
    const recipient = header === undefined ? undefined : /\bto=([\w.-]+)/.exec(header)?.[1];
    return recipient === undefined ? undefined : makeRecipientReader(recipient)(scanner, tools);
  },
  '<|call|>',
  '<|end|>',
  '<|return|>',
);

/** gpt-oss if the server removed the marks: `commentary to=functions.get_weather json{…}`. */
const readBareHarmony: TextCallReader = (scanner, tools) => {
  const header = scanner.match(/[\w.-]{1,128}[^{}\n]{0,32}/y);
  const name = header === undefined ? undefined : /^[\w.-]+/.exec(header)?.[0];
  return name === undefined ? undefined : makeRecipientReader(name)(scanner, tools);
};

/** Forms that count only at the start of a text. Later in a text they are words. */
export const STARTING_FORMS: readonly TextCallForm[] = ['', 'assistant'].flatMap((role) =>
  ['commentary', 'analysis'].map((channel) => ({
    opening: `${role}${channel} to=functions.`,
    read: readBareHarmony,
  })),
);

function makeRecipientReader(name: string): TextCallReader {
  return (scanner, tools) => {
    scanner.skipBlanks();
    const json = scanner.takeJson();
    const call = json === undefined ? undefined : makeCall(name, json.text, tools);
    return call && [call];
  };
}

/** Makes the forms with `<invoke name="…">` tags, with and without a frame. */
function makeInvokeForms(prefix: string, frames: readonly string[]): readonly TextCallForm[] {
  const inner = `<${prefix}invoke name="`;
  const read = makeInvokeReader(prefix);
  const framed = frames.map((frame) => {
    return { opening: `<${prefix}${frame}>`, read: requireClosing(read, `</${prefix}${frame}>`), inner };
  });
  const readAlone: TextCallReader = (scanner, tools) => {
    scanner.position -= inner.length;
    return read(scanner, tools);
  };
  return [...framed, { opening: inner, read: readAlone }];
}

/** DeepSeek since V3.2: `<｜DSML｜tool_calls><｜DSML｜invoke name="…">…`. */
const DSML: readonly TextCallForm[] = ['｜', '|', '‖', '｜｜', '||'].flatMap((bar) =>
  makeInvokeForms(`${bar}DSML${bar}`, ['tool_calls', 'function_calls', 'calls']),
);

/**
 * The forms that servers are known to leave in the text. Sources:
 * https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/2115 (`<tool_call>` of Qwen),
 * https://github.com/vllm-project/vllm-ascend/issues/12398 (`<arg_key>` of GLM),
 * https://github.com/vllm-project/vllm/pull/38579 (Kimi), https://github.com/vllm-project/vllm/pull/54686 (DeepSeek),
 * https://github.com/raullenchai/Rapid-MLX/pull/703 (Llama), https://github.com/vllm-project/vllm/issues/16214 (Llama 4),
 * https://github.com/MiniMax-AI/MiniMax-M2.5/issues/10 (MiniMax), https://github.com/ggml-org/llama.cpp/pull/15181 (gpt-oss),
 * https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1177 (`[TOOL_CALL]`),
 * https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1979 (LFM), https://github.com/vllm-project/vllm/issues/44522 (Gemma 4),
 * https://github.com/ggml-org/llama.cpp/pull/16932 (Seed, Apriel). The others are the formats of the models that vLLM parses:
 * https://docs.vllm.ai/en/latest/features/tool_calling.html.
 */
const TEXT_CALL_FORMS: readonly TextCallForm[] = [
  { opening: '<tool_call>', read: readToolCall, inner: '<function=' },
  { opening: '<function=', read: allowEnding(readFunction, '</tool_call>') },
  ...['tool_calls', 'tools', 'function_call', 'TOOLCALL'].map((tag) => ({
    opening: `<${tag}>`,
    read: requireClosing(readJsonCalls, `</${tag}>`),
  })),
  {
    opening: '<seed:tool_call>',
    read: readFrame(requireMark('<function=', readFunction), '</seed:tool_call>'),
    inner: '<function=',
  },
  { opening: '<|action_start|><|plugin|>', read: requireClosing(readJsonCalls, '<|action_end|>') },
  { opening: '<|tool_call|>', read: allowEnding(readJsonCalls, '<|/tool_call|>') },
  { opening: '<|python_tag|>', read: allowEnding(readJsonCalls, '<|eom_id|>', '<|eot_id|>') },
  { opening: '<|python_start|>', read: requireClosing(tryEach(readJsonCalls, readPythonCalls), '<|python_end|>') },
  { opening: '<|tool_call_start|>', read: requireClosing(readPythonCalls, '<|tool_call_end|>') },
  { opening: '<|tool_call>', read: requireClosing(readGemmaCall, '<tool_call|>') },
  { opening: '[TOOL_CALLS]', read: allowEnding(readMistral, '</s>') },
  { opening: '[TOOL_REQUEST]', read: requireClosing(readJsonCalls, '[END_TOOL_REQUEST]') },
  { opening: '[TOOL_CALL]', read: requireClosing(readJsonCalls, '[/TOOL_CALL]') },
  ...makeInvokeForms('', ['minimax:tool_call', 'function_calls']),
  ...DSML,
  {
    opening: '<｜tool▁calls▁begin｜>',
    read: readFrame(requireMark('<｜tool▁call▁begin｜>', readDeepSeek), '<｜tool▁calls▁end｜>'),
    inner: '<｜tool▁call▁begin｜>',
  },
  { opening: '<｜tool▁call▁begin｜>', read: readDeepSeek },
  ...['calls', 'call'].map((word) => ({
    opening: `<|tool_${word}_section_begin|>`,
    read: readFrame(requireMark('<|tool_call_begin|>', readKimi), `<|tool_${word}_section_end|>`),
    inner: '<|tool_call_begin|>',
  })),
  { opening: '<|tool_call_begin|>', read: readKimi },
  { opening: '<|START_ACTION|>', read: requireClosing(readJsonCalls, '<|END_ACTION|>') },
  { opening: '<|start|>', read: readHarmony },
  { opening: '<|channel|>', read: readHarmony },
];

/** The forms by their opening marks. */
export const FORMS: ReadonlyMap<string, TextCallForm> = new Map(TEXT_CALL_FORMS.map((form) => [form.opening, form]));
