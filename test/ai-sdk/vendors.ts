import { converse } from './converse.ts';
import { generateContent } from './generate-content.ts';
import { messages } from './messages.ts';
import { responses } from './responses.ts';
import type { Vendor } from './vendor.ts';

export const vendors: readonly Vendor[] = [messages, generateContent, responses, converse];
