import type {
  AssistantMessage,
  CustomFormat,
  Message,
  TextPart,
  ToolCall,
  ToolObject,
  UserPart,
} from '@pawl/core/chat';
import { isRecord } from '@pawl/core/model';

/** A field that a server of Responses does not take. */
export interface WireProblem {
  readonly message: string;
  /** The field: `input[2].content`. */
  readonly param: string;
  /** `unsupported`: right for OpenAI, but not supported by this server. */
  readonly kind: 'invalid' | 'unsupported';
}

export interface ReadInputRules {
  /** What happens to system and developer messages: they are read, left out, or refused. */
  readonly callerInstructions: 'append' | 'ignore' | 'reject';
  /** Whether images may be web addresses, which the model's server fetches. */
  readonly mediaUrls: 'any' | 'data-only';
  readonly maxItems: number;
  /** Creates the error of the server, which is thrown. */
  readonly createError: (problem: WireProblem) => Error;
}

/** The answer to an `mcp_approval_request`. */
export interface ApprovalResponse {
  readonly requestId: string;
  readonly isApproved: boolean;
  readonly reason?: string;
  /** The field of the request: `input[2].approval_request_id`. */
  readonly param: string;
}

/** What a request says, in order. */
export interface ReadInput {
  /** The conversation. Calls of the server come with their results; reasoning is left out. */
  readonly messages: readonly Message[];
  /** The answers to approvals behind the last other item. Those before it are history. */
  readonly approvals: readonly ApprovalResponse[];
}

type JsonRecord = Readonly<Record<string, unknown>>;

/**
 * Reads `input` of a request: https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
 *
 * @throws what `createError` creates, for the first item that cannot be read
 */
export function readInput(value: unknown, rules: ReadInputRules): ReadInput {
  if (typeof value === 'string') return { messages: [{ role: 'user', content: value }], approvals: [] };
  if (!Array.isArray(value) || value.length === 0) {
    throw rules.createError({
      message: `"input" is ${value === undefined ? 'missing' : quote(value)}. Send a text, or a list with at least one item.`,
      param: 'input',
      kind: 'invalid',
    });
  }
  if (value.length > rules.maxItems) {
    const message = `"input" has ${value.length} items; ${rules.maxItems} are allowed.`;
    throw rules.createError({ message, param: 'input', kind: 'invalid' });
  }
  const reader = new InputReader(rules);
  value.forEach((item, index) => {
    reader.read(item, `input[${index}]`);
  });
  return { messages: reader.messages, approvals: reader.approvals };
}

class InputReader {
  readonly messages: Message[] = [];
  approvals: ApprovalResponse[] = [];
  readonly #rules: ReadInputRules;

  constructor(rules: ReadInputRules) {
    this.#rules = rules;
  }

  read(item: unknown, param: string): void {
    if (!isRecord(item))
      throw this.#createError(`"${param}" is ${quote(item)}. Send an item, which is an object.`, param);
    const { type = 'message' } = item;
    if (type === 'mcp_approval_response') {
      this.approvals.push(this.#readApproval(item, param));
      return;
    }
    // A result may stand beside an answer. Any other item makes the answers before it history.
    if (type !== 'function_call_output' && type !== 'custom_tool_call_output') this.approvals = [];
    switch (type) {
      case 'message':
        this.#readMessage(item, param);
        break;
      case 'function_call':
      case 'custom_tool_call':
        this.#addCall(this.#readCall(item, param));
        break;
      case 'function_call_output':
      case 'custom_tool_call_output':
        this.#readResult(item, param);
        break;
      case 'mcp_call':
        this.#readServerCall(item, param);
        break;
      case 'reasoning':
      case 'mcp_approval_request':
      case 'mcp_list_tools':
        break;
      default:
        throw this.#createError(
          `"${param}.type" is ${quote(type)}. Use message, function_call, function_call_output, custom_tool_call, custom_tool_call_output or mcp_approval_response.`,
          `${param}.type`,
          'unsupported',
        );
    }
  }

  #readMessage(item: JsonRecord, param: string): void {
    const { role } = item;
    const place = `${param}.content`;
    switch (role) {
      case 'system':
      case 'developer':
        if (this.#rules.callerInstructions === 'ignore') return;
        if (this.#rules.callerInstructions === 'reject') {
          throw this.#createError(
            `"${param}" has the role "${role}": the agent has its own instructions. Leave it out.`,
            param,
            'unsupported',
          );
        }
        this.messages.push({ role, content: this.#readTexts(item['content'], place) });
        return;
      case 'user':
        this.messages.push({ role, content: this.#readUserContent(item['content'], place) });
        return;
      case 'assistant':
        this.messages.push(this.#readAssistant(item['content'], place));
        return;
    }
    throw this.#createError(
      `"${param}.role" is ${quote(role)}. Use system, developer, user or assistant.`,
      `${param}.role`,
    );
  }

  #readAssistant(content: unknown, param: string): AssistantMessage {
    const parts = Array.isArray(content) ? content.filter(isRecord) : [];
    const refusal = parts.map((part) => (part['type'] === 'refusal' ? String(part['refusal']) : '')).join('');
    const rest = Array.isArray(content)
      ? content.filter((part) => !isRecord(part) || part['type'] !== 'refusal')
      : content;
    const text = this.#readTexts(rest, param);
    return { role: 'assistant', content: text.length === 0 ? null : text, ...(refusal !== '' && { refusal }) };
  }

  #readTexts(content: unknown, param: string): string | readonly TextPart[] {
    if (typeof content === 'string') return content;
    if (!Array.isArray(content))
      throw this.#createError(`"${param}" is ${quote(content)}. Send a text, or a list of parts.`, param);
    const texts = content.map((part, index) => {
      const isText = isRecord(part) && TEXT_TYPES.has(part['type']) && typeof part['text'] === 'string';
      if (isText) return String(part['text']);
      throw this.#createError(`"${param}[${index}]" is no text part.`, `${param}[${index}]`);
    });
    return texts.join('');
  }

  #readUserContent(content: unknown, param: string): string | readonly UserPart[] {
    if (typeof content === 'string') return content;
    if (!Array.isArray(content))
      throw this.#createError(`"${param}" is ${quote(content)}. Send a text, or a list of parts.`, param);
    return content.map((part, index) => this.#readPart(part, `${param}[${index}]`));
  }

  #readPart(part: unknown, param: string): UserPart {
    if (!isRecord(part)) throw this.#createError(`"${param}" is no part of a message.`, param);
    // All tenants share the key of the agent's model: the id could name a file of another one.
    if (part['file_id'] != null) {
      throw this.#createError(`"${param}.file_id" is not supported. Send the data.`, `${param}.file_id`, 'unsupported');
    }
    switch (part['type']) {
      case 'input_text':
        if (typeof part['text'] === 'string') return { type: 'text', text: part['text'] };
        throw this.#createError(`"${param}.text" is missing.`, `${param}.text`);
      case 'input_image':
        return this.#readImage(part, `${param}.image_url`);
      case 'input_file':
        return this.#readFile(part, param);
    }
    throw this.#createError(
      `"${param}.type" is ${quote(part['type'])}. Use input_text, input_image or input_file.`,
      `${param}.type`,
    );
  }

  #readImage({ image_url: url, detail }: JsonRecord, param: string): UserPart {
    if (typeof url !== 'string') throw this.#createError(`"${param}" is missing.`, param);
    const isData = /^data:/i.test(url);
    if (!isData && !/^https?:\/\//i.test(url)) {
      throw this.#createError(`"${param}" is no web address and no data URL.`, param);
    }
    if (!isData && this.#rules.mediaUrls === 'data-only') {
      throw this.#createError(
        `"${param}" is a web address. This server takes images as data URLs only.`,
        param,
        'unsupported',
      );
    }
    return { type: 'image_url', image_url: { url, ...(typeof detail === 'string' && { detail }) } };
  }

  #readFile({ file_data: data, file_url: url, filename }: JsonRecord, param: string): UserPart {
    if (url != null) {
      throw this.#createError(
        `"${param}.file_url" is not supported. Send "file_data".`,
        `${param}.file_url`,
        'unsupported',
      );
    }
    if (typeof data !== 'string') throw this.#createError(`"${param}.file_data" is missing.`, `${param}.file_data`);
    return { type: 'file', file: { file_data: data, ...(typeof filename === 'string' && { filename }) } };
  }

  #readCall(item: JsonRecord, param: string): ToolCall {
    const { type, call_id: id, name, arguments: text, input } = item;
    if (typeof id === 'string' && typeof name === 'string') {
      if (type === 'custom_tool_call' && typeof input === 'string')
        return { id, type: 'custom', custom: { name, input } };
      if (type !== 'custom_tool_call' && typeof text === 'string') {
        return { id, type: 'function', function: { name, arguments: text } };
      }
    }
    throw this.#createError(`"${param}" is no call. Send { "type", "call_id", "name", "arguments" }.`, param);
  }

  /** Calls of one turn are items of their own; in the conversation they stand on one message. */
  #addCall(call: ToolCall): void {
    const last = this.messages.at(-1);
    if (last?.role !== 'assistant') {
      this.messages.push({ role: 'assistant', content: null, tool_calls: [call] });
    } else {
      this.messages[this.messages.length - 1] = { ...last, tool_calls: [...(last.tool_calls ?? []), call] };
    }
  }

  #readResult({ call_id: id, output }: JsonRecord, param: string): void {
    if (typeof id !== 'string') throw this.#createError(`"${param}.call_id" is missing.`, `${param}.call_id`);
    this.messages.push({ role: 'tool', tool_call_id: id, content: this.#readTexts(output, `${param}.output`) });
  }

  /** A call that a server has executed, which a client sends back with the items of a response. */
  #readServerCall(item: JsonRecord, param: string): void {
    const { id, output, error, status } = item;
    if (status === 'incomplete') return; // It waits for an approval.
    this.#addCall(this.#readCall({ ...item, call_id: id }, param));
    const text = typeof output === 'string' ? output : error == null ? 'No result.' : quote(error);
    this.messages.push({ role: 'tool', tool_call_id: String(id), content: text });
  }

  #readApproval({ approval_request_id: requestId, approve, reason }: JsonRecord, param: string): ApprovalResponse {
    const place = `${param}.approval_request_id`;
    if (typeof requestId !== 'string') throw this.#createError(`"${place}" is missing.`, place);
    if (typeof approve !== 'boolean') {
      throw this.#createError(`"${param}.approve" is neither true nor false.`, `${param}.approve`);
    }
    return {
      requestId,
      isApproved: approve,
      ...(typeof reason === 'string' && reason !== '' && { reason }),
      param: place,
    };
  }

  #createError(message: string, param: string, kind: WireProblem['kind'] = 'invalid'): Error {
    return this.#rules.createError({ message, param, kind });
  }
}

const TEXT_TYPES: ReadonlySet<unknown> = new Set(['input_text', 'output_text', 'text']);

/**
 * Reads `tools` of a request: the functions and custom tools that the caller executes.
 *
 * @throws what `createError` creates, for the first tool that is none of them: the server has no hosted tools for callers
 */
export function readTools(value: unknown, { createError }: Pick<ReadInputRules, 'createError'>): readonly ToolObject[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw createError({ message: '"tools" is not a list.', param: 'tools', kind: 'invalid' });
  return value.map((tool, index) => {
    const param = `tools[${index}]`;
    const { type, name, description, parameters, strict, format }: JsonRecord = isRecord(tool) ? tool : {};
    if (type !== 'function' && type !== 'custom') {
      const message = `"${param}.type" is ${quote(type)}. Send functions and custom tools: the agent has its own other tools.`;
      throw createError({ message, param: `${param}.type`, kind: 'unsupported' });
    }
    if (typeof name !== 'string') {
      throw createError({ message: `"${param}.name" is missing.`, param: `${param}.name`, kind: 'invalid' });
    }
    if (parameters != null && !isRecord(parameters)) {
      const message = `"${param}.parameters" is not a JSON Schema.`;
      throw createError({ message, param: `${param}.parameters`, kind: 'invalid' });
    }
    const named = { name, ...(typeof description === 'string' && { description }) };
    if (type === 'custom')
      return { type, custom: { ...named, ...(isRecord(format) && { format: readFormat(format) }) } };
    return {
      type,
      function: {
        ...named,
        ...(isRecord(parameters) && { parameters }),
        ...(typeof strict === 'boolean' && { strict }),
      },
    };
  });
}

/** Chat Completions nests a grammar. */
function readFormat({ type, ...grammar }: JsonRecord): CustomFormat {
  return (type === 'grammar' ? { type, grammar } : { type }) as unknown as CustomFormat; // Checked where a tool is made of it.
}

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
