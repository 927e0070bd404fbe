import { request } from 'undici';
import type { Contestant } from '../../compare/work.ts';
import { byHand, type Post } from '../by-hand/loop.ts';

const headers = { 'content-type': 'application/json', authorization: 'Bearer key' };

const byUndici: Post = async (url, sent) => {
  const { statusCode, body } = await request(url, { method: 'POST', headers, body: sent });
  if (statusCode !== 200) throw new Error(`HTTP ${statusCode}`);
  return { text: () => body.text(), pieces: () => body };
};

export const connect: Contestant['connect'] = (setup) => byHand(byUndici, setup);
