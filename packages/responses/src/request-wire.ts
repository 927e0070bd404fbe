import type { JsonSchema } from '@pawl/core/chat';

// The part of Responses that is written and read here, spelled as on the wire: https://platform.openai.com/docs/api-reference/responses

export interface TextContent {
  readonly type: 'input_text';
  readonly text: string;
}

export interface ImageContent {
  readonly type: 'input_image';
  readonly image_url: string;
  readonly detail: 'auto' | 'low' | 'high' | 'original';
}

export interface FileContent {
  readonly type: 'input_file';
  readonly file_data?: string;
  readonly file_id?: string;
  readonly filename?: string;
}

export type InputContent = TextContent | ImageContent | FileContent;

export interface MessageItem {
  readonly type: 'message';
  readonly role: 'system' | 'developer' | 'user' | 'assistant';
  readonly content: string | readonly InputContent[];
  /** On a message of the model: whether it is the answer or a comment before it. */
  readonly phase?: 'commentary' | 'final_answer';
}

export interface CallItem {
  readonly type: 'function_call';
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}

export interface CustomCallItem {
  readonly type: 'custom_tool_call';
  readonly call_id: string;
  readonly name: string;
  readonly input: string;
}

export interface OutputItem {
  readonly type: 'function_call_output' | 'custom_tool_call_output';
  readonly call_id: string;
  readonly output: string | readonly InputContent[];
}

/** An item of the input. The last one is an item of an earlier response, as it was received. */
export type InputItem = MessageItem | CallItem | CustomCallItem | OutputItem | Readonly<Record<string, unknown>>;

export interface FunctionTool {
  readonly type: 'function';
  readonly name: string;
  readonly description?: string;
  readonly parameters: JsonSchema;
  /** Required: the server takes a tool without it as strict, and refuses most schemas. */
  readonly strict: boolean;
}

export interface CustomTool {
  readonly type: 'custom';
  readonly name: string;
  readonly description?: string;
  readonly format?:
    | { readonly type: 'text' }
    | { readonly type: 'grammar'; readonly definition: string; readonly syntax: 'lark' | 'regex' };
}

export type ToolChoice =
  | 'none'
  | 'auto'
  | 'required'
  | { readonly type: 'function' | 'custom'; readonly name: string }
  | {
      readonly type: 'allowed_tools';
      readonly mode: 'auto' | 'required';
      readonly tools: readonly { readonly type: string; readonly name: string }[];
    };

export type TextFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly name: string;
      readonly description?: string;
      readonly schema: JsonSchema;
      readonly strict?: boolean;
    };
