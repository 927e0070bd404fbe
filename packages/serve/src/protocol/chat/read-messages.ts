import type { AssistantMessage, Message, TextPart, ToolCall, UserPart } from '@pawl/core/chat';
import { isRecord } from '@pawl/core/model';
import { createInvalidError, createUnsupportedError } from '../problem.ts';
import { isString, quote } from '../read-json.ts';

export interface MessageRules {
  readonly maxMessages: number;
  readonly callerInstructions: 'append' | 'ignore' | 'reject';
  readonly mediaUrls: 'any' | 'data-only';
}

type JsonRecord = Readonly<Record<string, unknown>>;

/**
 * Reads the messages of a request. Only the fields that the reference names are kept.
 *
 * @throws HttpProblem 400 with the place in `param`: `messages[2].content`
 */
export function readMessages(value: unknown, rules: MessageRules, param = 'messages'): readonly Message[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw createInvalidError(
      `"${param}" is ${value === undefined ? 'missing' : quote(value)}. Send a list with at least one message.`,
      param,
    );
  }
  if (value.length > rules.maxMessages) {
    throw createInvalidError(`"${param}" has ${value.length} messages; ${rules.maxMessages} are allowed.`, param);
  }
  const messages = value.flatMap((each, index) => readMessage(each, { rules, param: `${param}[${index}]` }) ?? []);
  if (messages.length === 0) throw createInvalidError(`"${param}" has no message of a user.`, param);
  return messages;
}

interface Place {
  readonly rules: MessageRules;
  readonly param: string;
}

function readMessage(value: unknown, { rules, param }: Place): Message | undefined {
  if (!isRecord(value))
    throw createInvalidError(`"${param}" is ${quote(value)}. Send { "role": "user", "content": "…" }.`, param);
  const { role, name } = value;
  const named = isString(name) ? { name } : {};
  switch (role) {
    case 'system':
    case 'developer':
      if (rules.callerInstructions === 'ignore') return undefined;
      if (rules.callerInstructions === 'reject') {
        throw createUnsupportedError(
          `"${param}" has the role "${role}": the agent has its own instructions. Leave it out.`,
          param,
        );
      }
      return { role, content: readTexts(value['content'], `${param}.content`), ...named };
    case 'user':
      return { role, content: readUserContent(value['content'], { rules, param: `${param}.content` }), ...named };
    case 'assistant':
      return { ...readAssistant(value, param), ...named };
    case 'tool': {
      const { tool_call_id: id } = value;
      if (!isString(id)) throw createInvalidError(`"${param}.tool_call_id" is missing.`, `${param}.tool_call_id`);
      return { role, tool_call_id: id, content: readTexts(value['content'], `${param}.content`) };
    }
    default:
      throw createInvalidError(
        `"${param}.role" is ${quote(role)}. Use system, developer, user, assistant or tool.`,
        `${param}.role`,
      );
  }
}

function readTexts(content: unknown, param: string): string | readonly TextPart[] {
  if (isString(content)) return content;
  if (Array.isArray(content)) return content.map((part, index) => readTextPart(part, `${param}[${index}]`));
  throw createInvalidError(`"${param}" is ${quote(content)}. Send a text, or a list of text parts.`, param);
}

function readTextPart(part: unknown, param: string): TextPart {
  if (isRecord(part) && part['type'] === 'text' && isString(part['text'])) return { type: 'text', text: part['text'] };
  throw createInvalidError(`"${param}" is no text part. Send { "type": "text", "text": "…" }.`, param);
}

function readUserContent(content: unknown, { rules, param }: Place): string | readonly UserPart[] {
  if (isString(content)) return content;
  if (!Array.isArray(content))
    throw createInvalidError(`"${param}" is ${quote(content)}. Send a text, or a list of parts.`, param);
  return content.map((part, index) => readUserPart(part, { rules, param: `${param}[${index}]` }));
}

function readUserPart(part: unknown, place: Place): UserPart {
  const { param } = place;
  const type = isRecord(part) ? part['type'] : undefined;
  if (!isRecord(part)) throw createInvalidError(`"${param}" is no part of a message.`, param);
  switch (type) {
    case 'text':
      return readTextPart(part, param);
    case 'image_url':
      return readImage(part, place);
    case 'input_audio':
      return readAudio(part, param);
    case 'file':
      return readFile(part, param);
    default:
      throw createInvalidError(
        `"${param}.type" is ${quote(type)}. Use text, image_url, input_audio or file.`,
        `${param}.type`,
      );
  }
}

function readImage({ image_url: image }: JsonRecord, { rules, param }: Place): UserPart {
  const url = isRecord(image) ? image['url'] : undefined;
  const detail = isRecord(image) ? image['detail'] : undefined;
  const where = `${param}.image_url.url`;
  if (!isString(url)) throw createInvalidError(`"${where}" is missing.`, where);
  const isData = /^data:/i.test(url);
  if (!isData && !/^https?:\/\//i.test(url)) {
    throw createInvalidError(`"${where}" is no web address and no data URL.`, where);
  }
  if (!isData && rules.mediaUrls === 'data-only') {
    throw createUnsupportedError(`"${where}" is a web address. This server takes images as data URLs only.`, where);
  }
  return { type: 'image_url', image_url: { url, ...(isString(detail) && { detail }) } };
}

function readAudio({ input_audio: audio }: JsonRecord, param: string): UserPart {
  if (isRecord(audio) && isString(audio['data']) && isString(audio['format'])) {
    return { type: 'input_audio', input_audio: { data: audio['data'], format: audio['format'] } };
  }
  throw createInvalidError(`"${param}.input_audio" needs data and format.`, `${param}.input_audio`);
}

function readFile({ file }: JsonRecord, param: string): UserPart {
  const fields = isRecord(file) ? file : {};
  // All tenants share the key of the agent's model: the id could name a file of another one.
  if (fields['file_id'] !== undefined && fields['file_id'] !== null) {
    throw createUnsupportedError(
      `"${param}.file.file_id" is not supported. Send the file as "file_data".`,
      `${param}.file.file_id`,
    );
  }
  const { file_data: data, filename } = fields;
  if (!isString(data)) throw createInvalidError(`"${param}.file.file_data" is missing.`, `${param}.file.file_data`);
  return { type: 'file', file: { file_data: data, ...(isString(filename) && { filename }) } };
}

function readAssistant(value: JsonRecord, param: string): AssistantMessage {
  const { content, refusal, tool_calls: calls } = value;
  return {
    role: 'assistant',
    ...(content !== undefined && { content: readAssistantContent(content, `${param}.content`) }),
    ...(isString(refusal) && { refusal }),
    ...(Array.isArray(calls) &&
      calls.length > 0 && {
        tool_calls: calls.map((call, index) => readCall(call, `${param}.tool_calls[${index}]`)),
      }),
  };
}

function readAssistantContent(content: unknown, param: string): NonNullable<AssistantMessage['content']> | null {
  if (content === null || isString(content)) return content;
  if (!Array.isArray(content))
    throw createInvalidError(`"${param}" is ${quote(content)}. Send a text, null, or a list of parts.`, param);
  return content.map((part, index) => {
    if (isRecord(part) && part['type'] === 'refusal' && isString(part['refusal']))
      return { type: 'refusal', refusal: part['refusal'] };
    return readTextPart(part, `${param}[${index}]`);
  });
}

function readCall(call: unknown, param: string): ToolCall {
  if (isRecord(call) && isString(call['id'])) {
    const { id, function: ofFunction, custom } = call;
    if (isRecord(ofFunction) && isString(ofFunction['name']) && isString(ofFunction['arguments'])) {
      return { id, type: 'function', function: { name: ofFunction['name'], arguments: ofFunction['arguments'] } };
    }
    if (isRecord(custom) && isString(custom['name']) && isString(custom['input'])) {
      return { id, type: 'custom', custom: { name: custom['name'], input: custom['input'] } };
    }
  }
  throw createInvalidError(
    `"${param}" is no call. Send { "id", "type": "function", "function": { "name", "arguments" } }.`,
    param,
  );
}
