/** For those who write a `ChatModel` for another wire: the parts that `openai()` is made of, so that errors, prices and limits are the same. */

export { onCancel, runUntilCancelled } from './base/cancellation.ts';
export { hashText } from './base/hash-text.ts';
export { isRecord } from './base/json.ts';
export { asFunctionCall, asFunctionTool } from './chat/custom-as-function.ts';
export { createFilteredResponse } from './chat/filtered-response.ts';
export type { FinishKind } from './chat/finish-reason.ts';
export { readFinishKind } from './chat/finish-reason.ts';
export type { KeptParts, PartsOfCall } from './chat/kept-parts.ts';
export { getToolObjectName, listChosenNames } from './chat/request.ts';
export { completeModelContext } from './model/model-context.ts';
export type { PriceTable } from './model/price.ts';
export { PRICE, resolvePrice } from './model/price.ts';
export type { HttpErrorContext, HttpErrorResponse, HttpErrorResult } from './openai/http-error.ts';
export { readHttpError } from './openai/http-error.ts';
export type { NetworkFailure } from './openai/network-error.ts';
export { createNetworkError } from './openai/network-error.ts';
export { readReportedError } from './openai/reported-error.ts';
export type { ResponseLimits } from './openai/response-limits.ts';
export { RESPONSE_LIMITS, resolveResponseLimits } from './openai/response-limits.ts';
export { toDraft07 } from './schema/draft-07.ts';
export type { JsonSchema } from './schema/json-schema.ts';
export { getStrictForm } from './schema/strict-form-link.ts';
