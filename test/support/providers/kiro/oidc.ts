/**
 * A stand-in of AWS' login server (IAM Identity Center OIDC): clients register themselves, a person confirms a code, and
 * refresh tokens work once. Strict about every field; everything that goes wrong at the real one can go wrong here.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Call } from '../server/call.ts';
import { createId } from '../server/ids.ts';
import type { RecordedRequest } from '../server/record.ts';
import { sendBody, sendJson } from '../server/send.ts';
import { startServer } from '../server/server.ts';
import type { RunningServer, ServerOptions } from '../server/server.ts';
import type { KiroTokens } from './backend.ts';

/** How the next token request fails, whatever it asks for. */
export type OidcTrouble =
  | 'invalid_client'
  | 'invalid_grant'
  | 'slow_down'
  | '500'
  | 'reset'
  | 'lost-answer'
  | 'garbage';

export interface AwsOidcOptions extends ServerOptions {
  /** Who confirms codes. */
  readonly email?: string;
  readonly startUrl?: string;
  /** Of codes, in seconds. */
  readonly codeLifeSeconds?: number;
  readonly intervalSeconds?: number;
  readonly accessLifeSeconds?: number;
  /** Of registrations, in seconds. */
  readonly clientLifeSeconds?: number;
  readonly nowMs?: () => number;
}

interface Client {
  readonly secret: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAtMs: number;
}

interface Code {
  readonly clientId: string;
  readonly userCode: string;
  readonly expiresAtMs: number;
  state: 'waiting' | 'confirmed' | 'denied' | 'used';
  askedAtMs: number;
}

interface Family {
  readonly email: string;
  readonly clientId: string;
  refreshToken: string;
  isRevoked: boolean;
}

const presets = {
  email: 'mary@example.com',
  startUrl: 'https://view.awsapps.com/start',
  codeLifeSeconds: 600,
  intervalSeconds: 0.02,
  accessLifeSeconds: 3600,
  clientLifeSeconds: 90 * 86_400,
  nowMs: () => Date.now(),
};

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

class OidcRefusal extends Error {
  readonly status: number;
  readonly error: string;

  constructor(error: string, description: string, status = 400) {
    super(description);
    this.error = error;
    this.status = status;
  }
}

export async function startAwsOidc(options: AwsOidcOptions = {}): Promise<AwsOidcStandIn> {
  const oidc = new AwsOidcStandIn({ ...presets, ...options });
  await oidc.open(options);
  return oidc;
}

export class AwsOidcStandIn implements KiroTokens {
  readonly #options: typeof presets;
  readonly #clients = new Map<string, Client>();
  readonly #codes = new Map<string, Code>();
  readonly #access = new Map<string, { readonly family: Family; expiresAtMs: number }>();
  readonly #families: Family[] = [];
  readonly #troubles: OidcTrouble[] = [];
  readonly #secrets = new Set<string>();
  #server: RunningServer | undefined;
  /** Grants that were asked for, with how each ended. */
  readonly grants: string[] = [];
  /** Names under which clients registered. */
  readonly registrations: string[] = [];
  /** Before a token request is looked at. */
  delayMs = 0;

  constructor(options: typeof presets) {
    this.#options = options;
  }

  async open(options: ServerOptions): Promise<void> {
    this.#server = await startServer(
      {
        commonHeaders: () => ({ 'x-amzn-requestid': randomUUID() }),
        nameKey: () => null,
        errorEnvelope: ({ message }) => ({ error: 'server_error', error_description: message ?? 'Error' }),
        serve: (call) => this.#serve(call),
      },
      options,
    );
  }

  get url(): string {
    return this.#running.url;
  }

  get environment(): Readonly<Record<string, string>> {
    return { CCPROXY_UPSTREAM_AWS_OIDC: this.url };
  }

  get requests(): readonly RecordedRequest[] {
    return this.#running.requests;
  }

  /** Faults of the stand-in itself; a good test ends with none. */
  get failures(): readonly string[] {
    return this.#running.failures;
  }

  /** Every token, device code and client secret that was given. */
  get secrets(): readonly string[] {
    return [...this.#secrets];
  }

  /** The person types the code and allows it, or does not. */
  decide(userCode: string, how: 'confirmed' | 'denied'): void {
    const code = [...this.#codes.values()].find((one) => one.userCode === userCode);
    if (code === undefined) throw new Error(`there is no code ${userCode}`);
    code.state = how;
  }

  /** The next token requests fail, in this order. */
  fail(...troubles: readonly OidcTrouble[]): void {
    this.#troubles.push(...troubles);
  }

  /** Registrations end now. */
  forgetClients(): void {
    this.#clients.clear();
  }

  expireAccess(): void {
    for (const token of this.#access.values()) token.expiresAtMs = 0;
  }

  revoke(): void {
    for (const family of this.#families) family.isRevoked = true;
  }

  /** A login of another program. */
  signIn(): { readonly accessToken: string; readonly refreshToken: string } {
    const family = this.#family('another program');
    return { accessToken: this.#mint(family), refreshToken: family.refreshToken };
  }

  find(accessToken: string): { readonly email: string; readonly isLive: boolean } | undefined {
    const token = this.#access.get(accessToken);
    if (token === undefined) return undefined;
    const { family, expiresAtMs } = token;
    return { email: family.email, isLive: !family.isRevoked && this.#options.nowMs() < expiresAtMs };
  }

  close(): Promise<void> {
    return this.#running.close();
  }

  get #running(): RunningServer {
    if (this.#server === undefined) throw new Error('the stand-in does not run');
    return this.#server;
  }

  async #serve(call: Call): Promise<void> {
    const { method, pathname, json } = call.record;
    const body = typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
    try {
      if (pathname === '/device') return await this.#serveDevicePage(call);
      if (method !== 'POST') throw new OidcRefusal('invalid_request', 'Use POST.', 405);
      const { record } = call;
      if (!record.headers['content-type']?.startsWith('application/json')) {
        throw new OidcRefusal('invalid_request', 'Send JSON.');
      }
      switch (pathname) {
        case '/client/register':
          return await sendJson(call, 200, this.#register(body));
        case '/device_authorization':
          return await sendJson(call, 200, this.#authorize(body));
        case '/token':
          return await this.#serveToken(call, body);
        default:
          throw new OidcRefusal('invalid_request', 'No such operation.', 404);
      }
    } catch (thrown) {
      if (!(thrown instanceof OidcRefusal)) throw thrown;
      await sendJson(call, thrown.status, { error: thrown.error, error_description: thrown.message });
    }
  }

  /** The page on which a person confirms a code. */
  async #serveDevicePage(call: Call): Promise<void> {
    const { method, path, body } = call.record;
    const form = new URLSearchParams(method === 'POST' ? body.toString('utf8') : path.split('?', 2)[1]);
    const userCode = form.get('user_code') ?? '';
    const how = form.get('how');
    if (method === 'POST' && (how === 'confirmed' || how === 'denied')) this.decide(userCode, how);
    const shown = method === 'POST' ? `<p>${how}: you may close this page.</p>` : deviceForm(userCode);
    const html = `<!doctype html><html lang="en"><title>AWS (a stand-in)</title><body><h1>AWS</h1>${shown}</body></html>`;
    await sendBody(call, 200, html, { 'content-type': 'text/html; charset=utf-8' });
  }

  #register({ clientName, clientType, scopes, grantTypes, ...rest }: Record<string, unknown>): object {
    if (Object.keys(rest).length > 0) throw new OidcRefusal('invalid_request', `Unknown: ${Object.keys(rest)}`);
    if (typeof clientName !== 'string' || clientName === '' || clientType !== 'public') {
      throw new OidcRefusal('invalid_client_metadata', 'Invalid client metadata.');
    }
    const isListed = Array.isArray(scopes) && scopes.every((scope) => /^codewhisperer:[a-z]+$/.test(String(scope)));
    if (!isListed) throw new OidcRefusal('invalid_scope', 'Invalid scope.');
    if (JSON.stringify(grantTypes) !== JSON.stringify([deviceGrant, 'refresh_token'])) {
      throw new OidcRefusal('invalid_request', 'Invalid grant types.');
    }
    this.registrations.push(clientName);
    const clientId = createId('', 22);
    const secret = this.#secret(`eyJraWQi${createId('', 60)}`);
    const expiresAtMs = this.#options.nowMs() + this.#options.clientLifeSeconds * 1000;
    this.#clients.set(clientId, { secret, name: clientName, scopes: scopes as string[], expiresAtMs });
    const inSeconds = (ms: number) => Math.floor(ms / 1000);
    return {
      clientId,
      clientSecret: secret,
      clientIdIssuedAt: inSeconds(this.#options.nowMs()),
      clientSecretExpiresAt: inSeconds(expiresAtMs),
    };
  }

  #authorize(body: Record<string, unknown>): object {
    const clientId = this.#client(body);
    if (body['startUrl'] !== this.#options.startUrl) throw new OidcRefusal('invalid_request', 'Invalid start URL.');
    const deviceCode = this.#secret(createId('', 86));
    const userCode = `${createId('', 4)}-${createId('', 4)}`.toUpperCase();
    const { codeLifeSeconds: expiresIn, intervalSeconds: interval, nowMs } = this.#options;
    const expiresAtMs = nowMs() + expiresIn * 1000;
    this.#codes.set(deviceCode, { clientId, userCode, expiresAtMs, state: 'waiting', askedAtMs: -Infinity });
    const verificationUri = `${this.url}/device`;
    return {
      deviceCode,
      userCode,
      verificationUri,
      verificationUriComplete: `${verificationUri}?user_code=${userCode}`,
      expiresIn,
      interval,
    };
  }

  async #serveToken(call: Call, body: Record<string, unknown>): Promise<void> {
    await pause(this.delayMs);
    const grant = body['grantType'] === deviceGrant ? 'device' : String(body['grantType']);
    const trouble = this.#troubles.shift();
    try {
      if (trouble !== undefined && trouble !== 'lost-answer') return await this.#trouble(call, trouble, grant);
      const answer = grant === 'device' ? this.#redeem(body) : this.#refresh(body);
      this.grants.push(`${grant} ${trouble === undefined ? 'granted' : 'lost'}`);
      if (trouble === 'lost-answer') return call.cut('reset');
      await sendJson(call, 200, answer);
    } catch (thrown) {
      if (thrown instanceof OidcRefusal) this.grants.push(`${grant} ${thrown.error}`);
      throw thrown;
    }
  }

  async #trouble(call: Call, trouble: Exclude<OidcTrouble, 'lost-answer'>, grant: string): Promise<void> {
    switch (trouble) {
      case 'reset':
        this.grants.push(`${grant} reset`);
        return call.cut('reset');
      case '500':
        this.grants.push(`${grant} 500`);
        return sendJson(call, 500, { error: 'server_error', error_description: 'Something broke.' });
      case 'garbage':
        this.grants.push(`${grant} garbage`);
        return sendJson(call, 200, { tokenType: 'Bearer' });
      case 'invalid_client':
        throw new OidcRefusal(trouble, 'Invalid client credentials.', 401);
      default:
        throw new OidcRefusal(trouble, `Told to say ${trouble}.`);
    }
  }

  #redeem(body: Record<string, unknown>): object {
    const clientId = this.#client(body);
    const code = this.#codes.get(String(body['deviceCode']));
    if (code === undefined || code.clientId !== clientId || code.state === 'used') {
      throw new OidcRefusal('invalid_grant', 'Invalid device code.');
    }
    const nowMs = this.#options.nowMs();
    if (nowMs >= code.expiresAtMs) throw new OidcRefusal('expired_token', 'The device code has expired.');
    if (code.state === 'denied') throw new OidcRefusal('access_denied', 'The request was denied.');
    const isHasty = nowMs - code.askedAtMs < this.#options.intervalSeconds * 500;
    code.askedAtMs = nowMs;
    if (isHasty) throw new OidcRefusal('slow_down', 'Slow down.');
    if (code.state === 'waiting') throw new OidcRefusal('authorization_pending', 'Not yet.');
    code.state = 'used';
    const family = this.#family(clientId);
    return this.#answer(family);
  }

  #refresh(body: Record<string, unknown>): object {
    const clientId = this.#client(body);
    if (body['grantType'] !== 'refresh_token') throw new OidcRefusal('unsupported_grant_type', 'Unknown grant.');
    const family = this.#families.find((one) => one.refreshToken === body['refreshToken']);
    if (family === undefined || family.isRevoked || family.clientId !== clientId) {
      throw new OidcRefusal('invalid_grant', 'Invalid refresh token provided');
    }
    family.refreshToken = this.#secret(`aorAAAAA${createId('', 60)}`);
    return this.#answer(family);
  }

  /** The id of a client that is registered, and proves it. */
  #client({ clientId, clientSecret }: Record<string, unknown>): string {
    const client = this.#clients.get(String(clientId));
    const isLive = client !== undefined && this.#options.nowMs() < client.expiresAtMs;
    if (!isLive || client.secret !== clientSecret) {
      throw new OidcRefusal('invalid_client', 'Invalid client credentials.', 401);
    }
    return String(clientId);
  }

  #family(clientId: string): Family {
    const refreshToken = this.#secret(`aorAAAAA${createId('', 60)}`);
    const family: Family = { email: this.#options.email, clientId, refreshToken, isRevoked: false };
    this.#families.push(family);
    return family;
  }

  #answer(family: Family): object {
    const { accessLifeSeconds: expiresIn } = this.#options;
    return { accessToken: this.#mint(family), refreshToken: family.refreshToken, expiresIn, tokenType: 'Bearer' };
  }

  #mint(family: Family): string {
    const token = this.#secret(`aoaAAAAA${createId('', 60)}`);
    const expiresAtMs = this.#options.nowMs() + this.#options.accessLifeSeconds * 1000;
    this.#access.set(token, { family, expiresAtMs });
    return token;
  }

  #secret(text: string): string {
    this.#secrets.add(text);
    return text;
  }
}

function deviceForm(userCode: string): string {
  const code = /^[\w-]{1,40}$/.test(userCode) ? userCode : '';
  const button = (how: string, words: string) => `<button name="how" value="${how}">${words}</button>`;
  return `<form method="post" action="/device"><label>Code <input name="user_code" value="${code}"></label>
${button('confirmed', 'Allow access')} ${button('denied', 'Deny access')}</form>`;
}
