/** The whole companion with keys of single clients: made and revoked over HTTP, as the dashboard and scripts do it. */
import Anthropic, { APIError as AnthropicError } from '@anthropic-ai/sdk';
import OpenAI, { APIError as OpenAiError } from 'openai';
import type { CreatedToken, ListedToken, TokenWish } from '../../../companion/http/manage/client-key-routes.ts';
import { openApiHouse } from '../api/house.ts';
import type { ApiHouse, ApiHouseOptions } from '../api/house.ts';
import type { RawAnswer } from '../api/raw-client.ts';

export interface ClientKeyHouse {
  readonly house: ApiHouse;
  /** `laptop` unless the wish names it. */
  create(wish?: Partial<TokenWish>): Promise<CreatedToken>;
  list(): Promise<readonly ListedToken[]>;
  /** The only one. */
  theKey(): Promise<ListedToken>;
  revoke(id: string): Promise<void>;
  manage(method: string, path: string, body?: unknown): Promise<Response>;
  anthropic(token: string, headers?: Readonly<Record<string, string>>): Anthropic;
  openai(token: string, headers?: Readonly<Record<string, string>>): OpenAI;
  ask(token: string, body: object | Buffer, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
}

export async function openClientKeyHouse(options: ApiHouseOptions = {}): Promise<ClientKeyHouse> {
  const house = await openApiHouse(options);
  const manage = (method: string, path: string, body?: unknown) =>
    fetch(`${house.url}${path}`, {
      method,
      headers: { 'x-admin-key': house.adminKey, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const json = async <Value>(response: Response): Promise<Value> => {
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text}`);
    return JSON.parse(text) as Value;
  };
  const list = async () =>
    (await json<{ tokens: readonly ListedToken[] }>(await manage('GET', '/api/token/list'))).tokens;
  return {
    house,
    manage,
    list,
    create: async (wish = {}) => json(await manage('POST', '/api/token/generate', { name: 'laptop', ...wish })),
    theKey: async () => {
      const [key, another] = await list();
      if (key === undefined || another !== undefined) throw new Error('there is not one key');
      return key;
    },
    revoke: async (id) => void (await json(await manage('POST', '/api/token/revoke', { id }))),
    anthropic: (token, defaultHeaders = {}) =>
      new Anthropic({ baseURL: house.url, apiKey: null, authToken: token, maxRetries: 0, defaultHeaders }),
    openai: (token, defaultHeaders = {}) =>
      new OpenAI({ baseURL: `${house.url}/v1`, apiKey: token, maxRetries: 0, defaultHeaders }),
    ask: (token, body, headers = {}) => house.askClaude(body, { authorization: `Bearer ${token}`, ...headers }),
  };
}

/** The companion's own code, and what the SDK made of it. */
export async function refusalOf(asked: Promise<unknown>) {
  try {
    await asked;
  } catch (thrown) {
    if (!(thrown instanceof AnthropicError) && !(thrown instanceof OpenAiError)) throw thrown;
    const headers = thrown.headers as Headers | undefined;
    return { code: headers?.get('x-companion-error'), status: thrown.status, message: thrown.message, headers };
  }
  throw new Error('was served');
}
