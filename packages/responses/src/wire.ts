/** The wire of Responses for a server of it: types and pure functions, without a model or a transport. */

export { type ListedItem, toListedItems, toListedTools } from './list-items.ts';
export {
  type ApprovalResponse,
  type ReadInput,
  type ReadInputRules,
  readInput,
  readTools,
  type WireProblem,
} from './read-input.ts';
export type {
  CustomToolCallItem,
  FunctionCallItem,
  ItemStatus,
  McpApprovalRequestItem,
  McpCallItem,
  OutputMessageItem,
  ReasoningItem,
  ResponseEvent,
  ResponseEventBody,
  ResponseItem,
  ResponseObject,
  ResponseStatus,
  ResponseUsage,
} from './response-wire.ts';
