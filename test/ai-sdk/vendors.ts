import { converse } from './converse.ts';
import { generateContent } from './generate-content.ts';
import { messages } from './messages.ts';
import { nativeResponses, responses } from './responses.ts';
import type { Vendor } from './vendor.ts';

export const vendors: readonly Vendor[] = [messages, generateContent, responses, converse];

/** With the wire that Pawl speaks itself. */
export const wires: readonly Vendor[] = [...vendors, nativeResponses];
