import type { PendingCall } from '@pawl/core';

/** A response: a run, or the part of a run that follows the answer to its pending calls. */
export interface ResponsePlace {
  readonly runId: string;
  /** The position of the last event before the response; 0 for the whole run. */
  readonly after: number;
}

/** Formats the id of a response: the run's id, with `~` and the position of its beginning if it follows an answer. */
export function formatResponseId({ runId, after }: ResponsePlace): string {
  return after === 0 ? runId : `${runId}~${after}`;
}

export function parseResponseId(id: string): ResponsePlace {
  const [, runId, after] = /^(.+)~([1-9]\d{0,14})$/.exec(id) ?? [];
  return runId === undefined ? { runId: id, after: 0 } : { runId, after: Number(after) };
}

/** A question about a call, as the id of an `mcp_approval_request` names it. */
export interface ApprovalPlace {
  readonly runId: string;
  /** The id of the pending call. */
  readonly pending: string;
  /** The beginning of its fingerprint: an approval is for what was shown. */
  readonly fingerprint: string;
}

export function formatApprovalId(runId: string, { id, fingerprint }: PendingCall): string {
  return `${runId}~${fingerprint.slice(0, FINGERPRINT_LENGTH)}~${id}`;
}

/** Reads an id of `formatApprovalId`; `undefined` for any other text. */
export function parseApprovalId(id: string): ApprovalPlace | undefined {
  const [, runId, fingerprint, pending] = APPROVAL.exec(id) ?? [];
  if (runId === undefined || pending === undefined || fingerprint === undefined) return undefined;
  return { runId, pending, fingerprint };
}

const FINGERPRINT_LENGTH = 16;

const APPROVAL = /^(.+?)~([^~]{16})~(.+)$/;
