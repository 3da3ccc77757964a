/** An honest program that connects an account; a test bends one part of it at a time. */
import { createHash, randomBytes } from 'node:crypto';
import { clickConsent } from '../../../../support/providers/oauth/person.ts';

export interface Program {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  readonly verifier: string;
  readonly state: string;
}

export function createProgram(part: Pick<Program, 'clientId' | 'redirectUri' | 'scope'>): Program {
  return { ...part, verifier: randomBytes(32).toString('base64url'), state: randomBytes(32).toString('base64url') };
}

type Changes = Readonly<Record<string, string | null>>;

export function authorizeUrl(base: string, program: Program, changes: Changes = {}): string {
  const url = new URL(base);
  const parameters: Changes = {
    response_type: 'code',
    client_id: program.clientId,
    redirect_uri: program.redirectUri,
    scope: program.scope,
    code_challenge: createHash('sha256').update(program.verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: program.state,
    ...changes,
  };
  for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value);
  return url.href;
}

export async function getCode(base: string, program: Program, changes: Changes = {}): Promise<string> {
  const { redirect } = await clickConsent(authorizeUrl(base, program, changes));
  const code = redirect.searchParams.get('code');
  if (code === null) throw new Error(`no code: ${redirect.search}`);
  return code;
}

/** Body of an honest trade of the code. */
export function exchangeBody(program: Program, code: string, changes: Changes = {}): Record<string, string> {
  const body: Changes = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: program.redirectUri,
    client_id: program.clientId,
    code_verifier: program.verifier,
    state: program.state,
    ...changes,
  };
  return Object.fromEntries(Object.entries(body).flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

/** Whatever an answer holds: tests look into it and fail where it is not as expected. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

export async function post(
  url: string,
  body: Readonly<Record<string, string>>,
  form: 'json' | 'form' = 'json',
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'user-agent': 'a-test/1.0',
      'content-type': form === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
      ...headers,
    },
    body: form === 'json' ? JSON.stringify(body) : new URLSearchParams(body).toString(),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: readJson(text) };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
