/** GitHub's device flow, as it answers: always 200 for what it knows, the trouble in `error`. */
import { randomBytes } from 'node:crypto';
import type { Call } from '../server/call.ts';
import type { Route } from '../server/routes.ts';
import { sendBody, sendJson } from '../server/send.ts';
import type { GithubState, Grant } from './state.ts';

const grantType = 'urn:ietf:params:oauth:grant-type:device_code';
/** Timers are not exact; a poll that is early by less is on time. */
const toleranceMs = 20;

export const deviceRoutes: readonly Route<GithubState>[] = [
  { method: 'POST', path: '/login/device/code', serve: giveCode },
  { method: 'POST', path: '/login/oauth/access_token', serve: answerPoll },
  { method: 'GET', path: '/login/device', serve: (call) => sendPage(call, form) },
  { method: 'POST', path: '/login/device', serve: decide },
];

/** For a person who tries it by hand. */
const form = `<h1>Enter the code displayed on your device</h1><form method="post"><input name="code" autofocus>
<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button></form>`;

function sendPage(call: Call, body: string): Promise<void> | void {
  const page = `<!doctype html><title>Device Activation</title>${body}`;
  return sendBody(call, 200, page, { 'content-type': 'text/html; charset=utf-8' });
}

function decide(call: Call, state: GithubState): Promise<void> | void {
  const fields = new URLSearchParams(call.record.body.toString('utf8'));
  const grant = [...state.grants.values()].find(
    ({ userCode }) => userCode === fields.get('code')?.trim().toUpperCase(),
  );
  if (grant === undefined) return sendPage(call, `<p>That code is not known.</p>${form}`);
  grant.decision = fields.get('decision') === 'allow' ? 'allow' : 'deny';
  return sendPage(call, '<h1>Congratulations, you are all set!</h1><p>Your device is now connected.</p>');
}

function giveCode(call: Call, state: GithubState): Promise<void> | void {
  const { scenario } = state;
  const body = readBody(call);
  if (body['client_id'] !== state.clientId) return sendJson(call, 404, { error: 'Not Found' });
  if (!scenario.isDeviceFlowOn) {
    return sendJson(call, 200, trouble('device_flow_disabled', 'Device Flow must be explicitly enabled for this App'));
  }
  const letters = (count: number) =>
    Array.from(randomBytes(count), (byte) => 'BCDFGHJKLMNPQRSTVWXZ'.charAt(byte % 20)).join('');
  const grant: Grant = {
    deviceCode: randomBytes(20).toString('hex'),
    userCode: `${letters(4)}-${letters(4)}`,
    scope: body['scope'] ?? '',
    decision: null,
    isOver: false,
    isUsed: false,
    intervalMs: scenario.intervalSeconds * 1000,
    lastPollAtMs: performance.now(),
  };
  state.grants.set(grant.deviceCode, grant);
  state.secrets.push(grant.deviceCode);
  return sendJson(call, 200, {
    device_code: grant.deviceCode,
    user_code: grant.userCode,
    verification_uri: originOf(call) + '/login/device',
    expires_in: scenario.lastsSeconds,
    interval: scenario.intervalSeconds,
  });
}

function answerPoll(call: Call, state: GithubState): Promise<void> | void {
  const body = readBody(call);
  const grant = state.grants.get(body['device_code'] ?? '');
  if (body['grant_type'] !== grantType) return sendJson(call, 200, trouble('unsupported_grant_type', 'No such grant.'));
  if (body['client_id'] !== state.clientId) {
    return sendJson(call, 200, trouble('incorrect_client_credentials', 'The client_id is incorrect.'));
  }
  if (grant === undefined || grant.isUsed) {
    return sendJson(call, 200, trouble('incorrect_device_code', 'The device_code provided is not valid.'));
  }
  if (isTooSoon(grant) || takeSlowDown(state)) {
    grant.intervalMs += state.scenario.slowerBySeconds * 1000;
    const words = trouble('slow_down', 'Too many requests have been made in the same timeframe.');
    return sendJson(call, 200, { ...words, interval: grant.intervalMs / 1000 });
  }
  return answerDecision(call, grant, state);
}

function answerDecision(call: Call, grant: Grant, state: GithubState): Promise<void> | void {
  if (grant.isOver) return sendJson(call, 200, trouble('expired_token', 'This device_code has expired.'));
  switch (grant.decision) {
    case null:
      return sendJson(call, 200, trouble('authorization_pending', 'The authorization request is still pending.'));
    case 'deny':
      return sendJson(call, 200, trouble('access_denied', 'The authorization request was denied.'));
    case 'allow': {
      grant.isUsed = true;
      const token = `gho_${randomBytes(27).toString('base64url')}`;
      state.githubTokens.set(token, { isLive: true });
      state.secrets.push(token);
      return sendJson(call, 200, { access_token: token, token_type: 'bearer', scope: grant.scope });
    }
  }
}

function isTooSoon(grant: Grant): boolean {
  const nowMs = performance.now();
  const isSoon = nowMs - grant.lastPollAtMs < grant.intervalMs - toleranceMs;
  grant.lastPollAtMs = nowMs;
  return isSoon;
}

function takeSlowDown(state: GithubState): boolean {
  const { scenario } = state;
  if (scenario.slowDowns === 0) return false;
  state.scenario = { ...scenario, slowDowns: scenario.slowDowns - 1 };
  return true;
}

function trouble(error: string, description: string): object {
  return { error, error_description: description, error_uri: 'https://docs.github.com' };
}

/** Without the header it would answer with a form. */
function readBody(call: Call): Readonly<Record<string, string | undefined>> {
  const { headers, json } = call.record;
  if (headers['accept'] !== 'application/json') throw new Error('the device flow was asked for a form');
  return (json ?? {}) as Readonly<Record<string, string | undefined>>;
}

function originOf(call: Call): string {
  return `http://${call.record.headers['host']}`;
}
