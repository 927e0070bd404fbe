export { fromAiSdk } from './from-ai-sdk.ts';
export type { AiSdkModel, AiSdkOptions, ProviderOptions } from './options.ts';
