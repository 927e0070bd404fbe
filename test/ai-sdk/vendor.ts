import { createHash } from 'node:crypto';
import type { AiSdkModel } from '@pawl/ai-sdk';
import type { ChatModel } from '@pawl/core';

/** What a fake model says in one turn, in this order: thinking, text, calls. */
export interface VendorTurn {
  readonly thinking?: string;
  readonly text?: string;
  readonly calls?: readonly VendorCall[];
  /** @defaultValue `calls` with calls, else `stop` */
  readonly finish?: 'stop' | 'calls' | 'length' | 'filter';
}

export interface VendorCall {
  readonly name: string;
  readonly input: object;
}

/** A parsed request body. Each vendor knows its own form. */
export type VendorBody = Readonly<Record<string, unknown>>;

export interface VendorRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: VendorBody;
}

export interface VendorModelOptions {
  readonly fetch?: typeof fetch;
}

/** The wire of one vendor: how it is asked, and what its server sends. */
export interface Vendor {
  readonly name: string;
  /** The provider of its models, as the AI SDK names it. */
  readonly provider: string;
  createModel(baseURL: string, options?: VendorModelOptions): AiSdkModel;
  /** Set if Pawl speaks the wire itself. */
  createChatModel?(baseURL: string): ChatModel;
  isStreamed(request: VendorRequest): boolean;
  /** The number of turns of the model in the request: the next one is the response. */
  countTurns(body: VendorBody): number;
  /** Says why the vendor refuses the request; `undefined` if it does not. */
  findFault(body: VendorBody): string | undefined;
  createError(message: string): object;
  createResponse(turn: VendorTurn, index: number): object;
  /** The pieces of a stream; each can be one chunk of the connection. */
  createStream(turn: VendorTurn, index: number): readonly Uint8Array[];
  readonly streamType: string;
}

/** Signs a text as a vendor signs thinking: only its server can tell whether the signature is of the text. */
export function sign(vendor: string, text: string): string {
  return createHash('sha256').update(`a secret of ${vendor}: ${text}`).digest('base64');
}

/** Encrypts a text so that only the server can read it. The client cannot do anything with it but return it. */
export function seal(vendor: string, text: string): string {
  return Buffer.from(JSON.stringify([text, sign(vendor, text)])).toString('base64');
}

/** Returns the text; `undefined` if the server did not seal it. */
export function unseal(vendor: string, sealed: unknown): string | undefined {
  try {
    const [text, signature] = JSON.parse(Buffer.from(String(sealed), 'base64').toString());
    return signature === sign(vendor, text) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Cuts a text in pieces, as a model writes it. */
export function cut(text: string, length = 7): readonly string[] {
  return text.match(new RegExp(`.{1,${length}}`, 'gsu')) ?? [];
}

export function toEvent(data: object, name?: string): Uint8Array {
  return Buffer.from(`${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`);
}
