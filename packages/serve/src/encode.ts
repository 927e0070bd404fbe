/** The protocols alone, for routes of your own: encoders of runs, and readers of requests. */

export { type ErrorBody, HttpProblem } from './protocol/problem.ts';
export { encodeResponsesEvent, type ResponsesChange } from './protocol/responses/encode-responses.ts';
export { responsesEvents } from './protocol/responses/responses-events.ts';
export {
  createResponsesState,
  type ResponsesEncoderOptions,
  type ResponsesState,
  readResponse,
} from './protocol/responses/responses-state.ts';
export {
  createUiState,
  encodeUiEvent,
  type UiChange,
  type UiEncoderOptions,
  type UiState,
} from './protocol/ui/encode-ui.ts';
export { readUiRequest, type UiAnswer, type UiRequest, type UiRequestOptions } from './protocol/ui/read-ui-request.ts';
export { toUiMessages } from './protocol/ui/to-ui-messages.ts';
export type {
  UiApprovalDescriptor,
  UiApprovalRequest,
  UiChunk,
  UiDataChunk,
  UiFinishReason,
  UiMetadata,
  UiSdk,
  UiUserPart,
} from './protocol/ui/ui-chunk.ts';
export type {
  UiAnsweredApproval,
  UiApproval,
  UiAssistantMessage,
  UiMessage,
  UiPart,
  UiTextPart,
  UiToolPart,
  UiUserMessage,
} from './protocol/ui/ui-message.ts';
export { uiMessageStream } from './protocol/ui/ui-message-stream.ts';
