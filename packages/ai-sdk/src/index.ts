export { fromAiSdk } from './from-ai-sdk.ts';
export type { AiSdkModel, AiSdkOptions, ProviderSettings } from './options.ts';
