import { contentParts, jsonSchema, type Tool, tool } from '@pawl/core';
import { type Message, markUntrusted, type TextPart, type UserPart } from '@pawl/core/chat';
import type { Client } from '../sdk.ts';
import { mapResource, mapResult } from './map-result.ts';
import type { McpClient, McpPrompt, McpResource } from './mcp-client.ts';
import { buildToolName } from './tool-names.ts';

export async function listResources(client: Client, timeout: number): Promise<readonly McpResource[]> {
  const { resources } = await client.listResources(undefined, { timeout });
  return resources.map(({ uri, name, title, description, mimeType, size }) => ({
    uri,
    name,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(mimeType !== undefined && { mimeType }),
    ...(size !== undefined && { size }),
  }));
}

export async function readResource(client: Client, uri: string, timeout: number): Promise<readonly UserPart[]> {
  const { contents } = await client.readResource({ uri }, { timeout });
  return contents.map(mapResource);
}

export async function listPrompts(client: Client, timeout: number): Promise<readonly McpPrompt[]> {
  const { prompts } = await client.listPrompts(undefined, { timeout });
  return prompts.map(({ name, title, description, arguments: inputs = [] }) => ({
    name,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    arguments: inputs.map((input) => ({
      name: input.name,
      ...(input.description !== undefined && { description: input.description }),
      isRequired: input.required === true,
    })),
  }));
}

export async function getPrompt(
  client: Client,
  prompt: { readonly name: string; readonly arguments: Readonly<Record<string, string>> },
  { server, timeout }: { readonly server: string; readonly timeout: number },
): Promise<readonly Message[]> {
  const { messages } = await client.getPrompt({ name: prompt.name, arguments: { ...prompt.arguments } }, { timeout });
  return messages.map(({ role, content }): Message => {
    // The user has chosen the prompt, so its text is an instruction; what it embeds is not.
    if (content.type === 'text') return { role, content: content.text };
    const parts = mapResult({ content: [content] }, server);
    if (role === 'user') return { role, content: parts };
    return { role, content: parts.filter((part): part is TextPart => part.type === 'text') };
  });
}

/**
 * Creates two tools that let a model read the resources of a server: `name__list_resources` and `name__read_resource`, both with the
 * effect `read`.
 */
export function resourceTools(
  client: Pick<McpClient, 'name' | 'listResources' | 'readResource'>,
): readonly Tool<unknown>[] {
  const { name } = client;
  return [
    tool({
      name: buildToolName(name, 'list_resources'),
      description: `Lists the resources of ${name}, with their URIs.`,
      input: jsonSchema<object>({ type: 'object', properties: {} }),
      effect: 'read',
      execute: async () => markUntrusted(JSON.stringify(await client.listResources()), `the MCP server ${name}`),
    }),
    tool({
      name: buildToolName(name, 'read_resource'),
      description: `Reads a resource of ${name} by its URI.`,
      input: jsonSchema<{ readonly uri: string }>({
        type: 'object',
        properties: { uri: { type: 'string' } },
        required: ['uri'],
      }),
      effect: 'read',
      execute: async ({ uri }) => {
        const parts = await client.readResource(String(uri));
        return contentParts(
          parts.map((part) =>
            part.type === 'text' ? { ...part, text: markUntrusted(part.text, `the MCP server ${name}`) } : part,
          ),
        );
      },
    }),
  ];
}
