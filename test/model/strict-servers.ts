import { checkHistory } from '@pawl/testing';
import type { ProfileName } from '../../packages/core/src/openai/profiles.ts';

type Fields = Readonly<Record<string, unknown>>;

interface SentMessage extends Fields {
  readonly role: string;
}

interface SentBody {
  readonly messages: readonly SentMessage[];
  readonly tools?: readonly unknown[];
}

type Rule = (body: SentBody) => readonly string[];

/** Finds what the server of a vendor refuses in a request. The rules come from the vendor's documentation or its refusals. */
export function findFaults(text: string, vendor: ProfileName): readonly string[] {
  const body: SentBody = JSON.parse(text); // The test sent this body.
  return [...EVERYWHERE, ...(RULES[vendor] ?? [])].flatMap((rule) => rule(body));
}

const EVERYWHERE: readonly Rule[] = [
  ({ messages }) => checkHistory(messages),
  (body) => (isWellFormed(body) ? [] : ['half a surrogate pair']),
  ({ messages }) => listArguments(messages).flatMap((text) => checkArguments(text)),
  checkEach(({ role, content }) => (role !== 'assistant' && content == null ? 'content is null' : '')),
  checkEach(({ audio }) => (isFields(audio) && audio['id'] === '' ? 'padding: audio' : '')),
  checkEach(({ function_call: call }) => (isFields(call) && call['name'] === '' ? 'padding: function_call' : '')),
  checkEach(({ role, content }) => (role === 'system' && content === '' ? 'an empty system message' : '')),
];

/** https://github.com/mistralai/mistral-common/blob/main/src/mistral_common/protocol/instruct/validator.py */
const FOLLOWERS: Readonly<Record<string, readonly string[]>> = {
  system: ['user', 'assistant', 'system'],
  user: ['assistant', 'system', 'user'],
  assistant: ['assistant', 'user', 'tool'],
  tool: ['assistant', 'tool'],
};

const MISTRAL: readonly Rule[] = [
  checkIds(/^[a-zA-Z0-9]{9}$/),
  checkFields('role', 'content', 'tool_calls', 'tool_call_id'),
  ({ messages }) =>
    messages.flatMap(({ role }, at) => {
      const before = messages[at - 1]?.role;
      const isFine = before === undefined || FOLLOWERS[before]?.includes(role) === true;
      return isFine ? [] : [`Unexpected role '${role}' after role '${before}'`];
    }),
  ({ messages }) => (messages.at(-1)?.role === 'assistant' ? ['Expected last role User or Tool'] : []),
  checkEach((message) => (message.role === 'assistant' && isEmpty(message) ? 'neither content nor tool_calls' : '')),
];

const OPENAI: readonly Rule[] = [
  checkIds(/^[\s\S]{1,40}$/),
  checkFields('role', 'content', 'tool_calls', 'tool_call_id', 'name', 'refusal', 'audio', 'function_call'),
];

const NO_EMPTY: Rule = checkEach((message) => (isEmpty(message) ? `an empty ${message.role} message` : ''));

const ONE_SYSTEM: Rule = ({ messages }) =>
  messages.slice(1).some(({ role }) => role === 'system') ? ['System message must be at the beginning'] : [];

const NEEDS_TOOLS: Rule = ({ messages, tools = [] }) =>
  messages.some((message) => getCalls(message).length > 0) && tools.length === 0 ? ['calls without tools'] : [];

const RULES: Readonly<Partial<Record<ProfileName, readonly Rule[]>>> = {
  mistral: MISTRAL,
  openai: OPENAI,
  azure: OPENAI,
  anthropic: [checkIds(/^[a-zA-Z0-9_-]{1,64}$/), NO_EMPTY, NEEDS_TOOLS],
  openrouter: [checkIds(/^[a-zA-Z0-9_.:-]{1,40}$/), NO_EMPTY, NEEDS_TOOLS],
  litellm: [NO_EMPTY, NEEDS_TOOLS, ONE_SYSTEM],
  moonshot: [
    NO_EMPTY,
    checkEach((each) => (getCalls(each).length > 0 && !each['reasoning_content'] ? 'no reasoning' : '')),
  ],
  gemini: [NO_EMPTY],
  deepseek: [
    ({ messages, tools = [] }) =>
      messages
        .filter((each) => each.role === 'assistant' && (tools.length > 0 || getCalls(each).length > 0))
        .flatMap(({ reasoning_content: text }) => (typeof text === 'string' ? [] : ['reasoning_content is missing'])),
  ],
  compatible: [ONE_SYSTEM],
  vllm: [ONE_SYSTEM],
  llamacpp: [ONE_SYSTEM],
  ollama: [ONE_SYSTEM],
  lmstudio: [ONE_SYSTEM],
  qwen: [ONE_SYSTEM],
};

function checkEach(fault: (message: SentMessage) => string): Rule {
  return ({ messages }) => messages.map(fault).filter((text) => text !== '');
}

function checkIds(pattern: RegExp): Rule {
  return ({ messages }) => {
    const sent = messages.flatMap((message) => [...getCalls(message).map(({ id }) => id), message['tool_call_id']]);
    return sent.filter((id) => id !== undefined && !pattern.test(String(id))).map((id) => `id ${id}`);
  };
}

function checkFields(...known: readonly string[]): Rule {
  return ({ messages }) =>
    messages.flatMap((each) =>
      Object.keys(each)
        .filter((name) => !known.includes(name))
        .map((name) => `field ${name}`),
    );
}

function getCalls(message: SentMessage): readonly Fields[] {
  const calls = message['tool_calls'];
  return Array.isArray(calls) ? calls.filter(isFields) : [];
}

function listArguments(messages: readonly SentMessage[]): readonly string[] {
  const called = messages.flatMap(getCalls).map((call) => call['function']);
  return called.filter(isFields).map((each) => String(each['arguments']));
}

function checkArguments(text: string): readonly string[] {
  const value: unknown = JSON.parse(text);
  return isFields(value) && isWellFormed(value) ? [] : [`arguments ${text}`];
}

/** Whether such a server sees no content. */
function isEmpty(message: SentMessage): boolean {
  const { content } = message;
  if (Array.isArray(content))
    return content.length === 0 || content.some((part) => isFields(part) && isBlank(part['text']));
  return isBlank(content) && getCalls(message).length === 0;
}

function isBlank(text: unknown): boolean {
  return text === null || (typeof text === 'string' && text.trim() === '');
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, field]) => name.isWellFormed() && isWellFormed(field));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
