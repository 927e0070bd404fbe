import { request } from 'undici';
import type { ContestantModule } from '../../compare/work.ts';
import { createClient, type Post } from '../by-hand/loop.ts';

const headers = { 'content-type': 'application/json', authorization: 'Bearer key' };

const postByUndici: Post = async (url, sent) => {
  const { statusCode, body } = await request(url, { method: 'POST', headers, body: sent });
  if (statusCode !== 200) throw new Error(`HTTP ${statusCode}`);
  return { readText: () => body.text(), readPieces: () => body };
};

export const connect: ContestantModule['connect'] = (setup) => createClient(postByUndici, setup);
