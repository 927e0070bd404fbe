import { fromAiSdk, type ProviderSettings } from '@pawl/ai-sdk';
import type { ChatModel } from '@pawl/core';
import { THINKING } from './thinking.ts';
import type { Vendor } from './vendor.ts';

/** Creates a model of a vendor that thinks: the vendor's own, or that of the AI SDK. */
export function createChatModel(vendor: Vendor, baseURL: string): ChatModel {
  if (vendor.createChatModel !== undefined) return vendor.createChatModel(baseURL);
  return fromAiSdk(vendor.createModel(baseURL), { providerOptions: THINKING[vendor.provider] as ProviderSettings }); // Written for this provider.
}

/** Creates a model of a vendor with its default settings. */
export function createPlainModel(vendor: Vendor, baseURL: string): ChatModel {
  return vendor.createChatModel?.(baseURL) ?? fromAiSdk(vendor.createModel(baseURL));
}
