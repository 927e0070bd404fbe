import { onTestFinished } from 'vitest';
import { converse } from './converse.ts';
import { generateContent } from './generate-content.ts';
import { messages } from './messages.ts';
import { responses } from './responses.ts';
import type { Vendor } from './vendor.ts';
import { startVendorServer, type VendorServer, type VendorServerOptions } from './vendor-server.ts';

export const vendors: readonly Vendor[] = [messages, generateContent, responses, converse];

/** Starts a vendor's server that is closed after the test. */
export async function serveVendor(vendor: Vendor, options: VendorServerOptions): Promise<VendorServer> {
  const server = await startVendorServer(vendor, options);
  onTestFinished(() => server.close());
  return server;
}

/** What turns thinking on, which makes a vendor insist on signatures. */
export const THINKING: Readonly<Record<string, object>> = {
  'anthropic.messages': { anthropic: { thinking: { type: 'enabled', budgetTokens: 1024 } } },
  'google.generative-ai': { google: { thinkingConfig: { includeThoughts: true } } },
  'openai.responses': { openai: { reasoningSummary: 'auto' } },
  'amazon-bedrock': { bedrock: { reasoningConfig: { type: 'enabled', budgetTokens: 1024 } } },
};
