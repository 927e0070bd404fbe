// What a server of Responses sends, spelled as on the wire: https://platform.openai.com/docs/api-reference/responses/object

/** The status of an item. */
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

export interface OutputText {
  readonly type: 'output_text';
  readonly text: string;
  readonly annotations: readonly UrlCitation[];
}

export interface UrlCitation {
  readonly type: 'url_citation';
  readonly start_index: number;
  readonly end_index: number;
  readonly title: string;
  readonly url: string;
}

export interface OutputRefusal {
  readonly type: 'refusal';
  readonly refusal: string;
}

export interface ReasoningText {
  readonly type: 'reasoning_text';
  readonly text: string;
}

/** A text or a refusal of the model. */
export interface OutputMessageItem {
  readonly type: 'message';
  readonly id: string;
  readonly role: 'assistant';
  readonly status: ItemStatus;
  readonly content: readonly (OutputText | OutputRefusal)[];
  /** Whether it is the answer or a comment before calls. */
  readonly phase?: 'commentary' | 'final_answer';
}

export interface ReasoningItem {
  readonly type: 'reasoning';
  readonly id: string;
  readonly status: ItemStatus;
  readonly summary: readonly [];
  readonly content: readonly ReasoningText[];
}

/** A call that the server executes itself. */
export interface McpCallItem {
  readonly type: 'mcp_call';
  readonly id: string;
  readonly server_label: string;
  readonly name: string;
  readonly arguments: string;
  readonly status: ItemStatus | 'calling' | 'failed';
  readonly approval_request_id: string | null;
  readonly output: string | null;
  readonly error: McpCallError | null;
}

export interface McpCallError {
  readonly type: 'mcp_tool_execution_error';
  readonly content: readonly { readonly type: 'text'; readonly text: string }[];
}

/** A call that waits for a person. */
export interface McpApprovalRequestItem {
  readonly type: 'mcp_approval_request';
  readonly id: string;
  readonly server_label: string;
  readonly name: string;
  readonly arguments: string;
}

/** A call that the client executes. */
export interface FunctionCallItem {
  readonly type: 'function_call';
  readonly id: string;
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
  readonly status: ItemStatus;
}

/** A call of a custom tool that the client executes. */
export interface CustomToolCallItem {
  readonly type: 'custom_tool_call';
  readonly id: string;
  readonly call_id: string;
  readonly name: string;
  readonly input: string;
}

/** An item of the output. */
export type ResponseItem =
  | OutputMessageItem
  | ReasoningItem
  | McpCallItem
  | McpApprovalRequestItem
  | FunctionCallItem
  | CustomToolCallItem;

export interface ResponseUsage {
  readonly input_tokens: number;
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number };
  readonly output_tokens: number;
  readonly output_tokens_details: { readonly reasoning_tokens: number };
  readonly total_tokens: number;
}

export type ResponseStatus = 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled';

export interface ResponseObject {
  readonly id: string;
  readonly object: 'response';
  /** Seconds since 1970. */
  readonly created_at: number;
  readonly status: ResponseStatus;
  readonly background: boolean;
  readonly error: { readonly code: 'server_error' | 'rate_limit_exceeded'; readonly message: string } | null;
  readonly incomplete_details: { readonly reason: 'max_output_tokens' | 'content_filter' } | null;
  readonly instructions: null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly model: string;
  readonly output: readonly ResponseItem[];
  readonly parallel_tool_calls: boolean;
  readonly previous_response_id: string | null;
  readonly temperature: null;
  readonly tool_choice: 'auto';
  readonly tools: readonly object[];
  readonly top_p: null;
  readonly access_programs: null;
  readonly usage?: ResponseUsage;
}

/** The fields of an event that is about an item. */
interface OfItem {
  readonly item_id: string;
  /** The position of the item among those that the stream has begun. */
  readonly output_index: number;
}

interface OfPart extends OfItem {
  readonly content_index: number;
}

type ContentPart = OutputText | OutputRefusal | ReasoningText;

/** An event of a stream, without its number. */
export type ResponseEventBody =
  | {
      readonly type:
        | 'response.created'
        | 'response.in_progress'
        | 'response.completed'
        | 'response.incomplete'
        | 'response.failed';
      readonly response: ResponseObject;
    }
  | {
      readonly type: 'response.output_item.added' | 'response.output_item.done';
      readonly output_index: number;
      readonly item: ResponseItem;
    }
  | ({
      readonly type: 'response.content_part.added' | 'response.content_part.done';
      readonly part: ContentPart;
    } & OfPart)
  | ({
      readonly type: 'response.output_text.delta';
      readonly delta: string;
      readonly logprobs: readonly [];
    } & OfPart)
  | ({ readonly type: 'response.output_text.done'; readonly text: string; readonly logprobs: readonly [] } & OfPart)
  | ({ readonly type: 'response.refusal.delta' | 'response.reasoning_text.delta'; readonly delta: string } & OfPart)
  | ({ readonly type: 'response.refusal.done'; readonly refusal: string } & OfPart)
  | ({ readonly type: 'response.reasoning_text.done'; readonly text: string } & OfPart)
  | ({
      readonly type: 'response.mcp_call.in_progress' | 'response.mcp_call.completed' | 'response.mcp_call.failed';
    } & OfItem)
  | ({
      readonly type:
        | 'response.mcp_call_arguments.delta'
        | 'response.function_call_arguments.delta'
        | 'response.custom_tool_call_input.delta';
      readonly delta: string;
    } & OfItem)
  | ({ readonly type: 'response.mcp_call_arguments.done'; readonly arguments: string } & OfItem)
  | ({
      readonly type: 'response.function_call_arguments.done';
      readonly arguments: string;
      readonly name: string;
    } & OfItem)
  | ({ readonly type: 'response.custom_tool_call_input.done'; readonly input: string } & OfItem);

/** An event of a stream. */
export type ResponseEvent = (
  | ResponseEventBody
  | { readonly type: 'error'; readonly code: string | null; readonly message: string; readonly param: string | null }
) & {
  /** Rises from event to event. A client reads on after it: `starting_after`. */
  readonly sequence_number: number;
};
