import type { ServerError } from './server-error.ts';

/** Whether an error says that the server is still starting or loading its model. It responds when that is done. */
export function isLoadingError({ text, layers }: Pick<ServerError, 'text' | 'layers'>): boolean {
  return (
    PHRASES.some((phrase) => phrase.test(text)) || layers.some((layer) => typeof layer['estimated_time'] === 'number')
  );
}

const PHRASES: readonly RegExp[] = [
  /\bloading (the )?model\b|\bmodel (\S+ )?is (currently |still )?(being )?(loading|loaded|starting)/i, // llama.cpp: https://github.com/canonical/inference-snaps/issues/234; Hugging Face
  /\bmodel (\S+ )?(is )?not (yet )?(loaded|ready)( yet)?\b/i, // Bedrock, NIM
  /\b(server|service|engine) is (still |currently )?(starting|warming up|initializing)/i, // SGLang, NIM
  /\b(scaled to zero|scaling up|cold start)/i, // Fireworks: https://docs.fireworks.ai/deployments/autoscaling
];
