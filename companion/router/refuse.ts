/** Why nothing can serve a request, and what a person can do about it. */
import { signInCommandOf } from '../../shared/sign-in.ts';
import { CompanionError } from '../base/error.ts';
import { allowsModel } from '../client/model-list.ts';
import type { ErrorCode } from '../../shared/error-code.ts';
import type { SessionRecord } from '../store/store.ts';
import { describeMoment, nameOfSession, quote } from './describe.ts';
import { isSameWire } from './locate.ts';
import type { Catalogue, Location } from './locate.ts';
import type { Hindered, Look } from './look.ts';
import { isUsable, otherAccount, turnedOff, whyNoSession } from './look-at-sessions.ts';
import type { Mode } from './mode.ts';
import { nearestNames } from './model-map.ts';
import { forGoodMs } from './plan.ts';
import type { RouteRequest } from './plan.ts';
import { ACCOUNT_HEADER, isSessionOf } from './wanted-account.ts';

export interface Refused {
  readonly request: RouteRequest;
  readonly location: Location;
  readonly looks: readonly Look[];
  readonly catalogue: Catalogue;
  readonly sessions: readonly SessionRecord[];
  readonly nowMs: number;
}

const addKey = 'Add a key with `companion keys add`.';
const syncOrAddKey =
  'Open the extension and click "Sync session", sign in with `companion auth login`, or add a key with `companion keys add`.';
const mostOffered = 12;
const mostNamed = 3;

type Wanted = Pick<RouteRequest, 'mode' | 'isModeForced'>;

const otherKey = 'Use a client key that is not limited to this mode.';

function notInMode(message: string, { isModeForced }: Wanted, remedy: string): CompanionError {
  return new CompanionError('NOT_AVAILABLE_IN_MODE', message, {
    details: { field: 'x-proxy-mode' },
    remedy: isModeForced === true ? otherKey : remedy,
  });
}

function nameOfMode({ mode, isModeForced }: Wanted): string {
  return isModeForced === true ? `The mode ${mode}, to which this client is limited,` : `x-proxy-mode: ${mode}`;
}

export function refuseMode(wanted: Wanted): CompanionError {
  const remedy =
    wanted.mode === 'api'
      ? 'Add a key with `companion keys add`, sign in with `companion auth login`, or leave the header out.'
      : 'Leave the header out, or use `web`.';
  return notInMode(`${nameOfMode(wanted)} has nothing configured that could serve it.`, wanted, remedy);
}

/** Claude Code is asked for, and it cannot be what serves this. */
export function refuseClaudeCode(
  reason: string,
  wanted: Wanted,
  remedy = 'Leave the header out, or name another model.',
): CompanionError {
  return notInMode(`Claude Code cannot serve this: ${reason}.`, wanted, remedy);
}

/** Web mode is forced, and it is not what could serve this. */
export function refuseWeb(reason: string, wanted: Wanted): CompanionError {
  return notInMode(
    `${nameOfMode(wanted)} cannot serve this: ${reason}.`,
    wanted,
    'Leave the header out, or use `api`.',
  );
}

export function refuse(refused: Refused): CompanionError {
  const hindered = refused.looks.filter((look) => look.kind === 'hindered');
  if (hindered.length > 0) return refuseHindered(hindered, refused.nowMs);
  const { request, catalogue, sessions, location } = refused;
  const off = refused.looks.filter((look) => look.kind === 'unsuited' && look.reason === turnedOff);
  if (off.length > 0 && !hasOthers(refused)) return refuseTurnedOff(off.map(({ who }) => who));
  if (request.account !== undefined) return refuseForAccount(request.account, refused);
  const mayUseWeb = request.isTranslatable && request.mode !== 'api' && request.onlyProvider === undefined;
  const isForWeb = request.mode === 'web' || catalogue.keys.size === 0 || isClaude(location);
  if (mayUseWeb && isForWeb && sessions.length > 0 && !sessions.some(isUsable)) return whyNoSession(sessions);
  if (request.mode === 'web' && sessions.length === 0) return whyNoSession(sessions);
  if (catalogue.keys.size === 0 && (sessions.length === 0 || !mayUseWeb)) return noCredential(refused, mayUseWeb);
  if (location.targets.length > 0 && !request.isTranslatable) return wrongApi(location);
  return location.name === undefined ? noModelNamed(refused) : modelNotFound(location.name, refused);
}

/** Something that could be asked, but for this request. */
function hasOthers({ catalogue, looks, sessions, request }: Refused): boolean {
  if (request.account !== undefined) return false;
  const isOffSession = (session: SessionRecord) =>
    looks.some(({ who, reason }) => reason === turnedOff && who === nameOfSession(session));
  return catalogue.keys.size > 0 || sessions.some((session) => isUsable(session) && !isOffSession(session));
}

/** It is there, and is not what could serve this. */
function refuseForAccount(account: string, { looks, sessions, request }: Refused): CompanionError {
  const own = sessions.filter((session) => isSessionOf(session, account));
  if (own.length > 0 && request.mode !== 'api' && !own.some(isUsable)) return whyNoSession(own);
  const why = looks.flatMap(({ who, reason }) => (reason === otherAccount(account) ? [] : [`${who}: ${reason}`]));
  const message = `The account ${quote(account)} cannot serve this. ${why.slice(0, mostNamed).join('; ')}.`;
  return new CompanionError('MODEL_NOT_FOUND', message, {
    details: { field: ACCOUNT_HEADER },
    remedy: `Name another account or another model, or leave ${ACCOUNT_HEADER} out.`,
  });
}

function refuseTurnedOff(names: readonly string[]): CompanionError {
  const told = names.slice(0, mostNamed).join(', ');
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  return new CompanionError('NO_CREDENTIAL', `What could serve this is turned off: ${told}${more}.`, {
    remedy: 'Turn it on again: `companion keys on`, `companion session activate`, or in the dashboard.',
  });
}

/** All that could serve wait, or are not accepted: the one that waits least says when. */
function refuseHindered(hindered: readonly Hindered[], nowMs: number): CompanionError {
  const waiting = hindered.filter(({ hindrance }) => hindrance.state !== 'rejected');
  const named = (waiting.length > 0 ? waiting : hindered)
    .toSorted((one, other) => one.hindrance.untilMs - other.hindrance.untilMs)
    .slice(0, mostNamed);
  const untilMs = named[0]?.hindrance.untilMs ?? nowMs;
  const code = codeOf(named[0]);
  const mayPass = code === 'RATE_LIMITED' || code === 'TOKEN_LIMIT_REACHED';
  const told = named.map((one) => describeHindered(one, nowMs)).join('; ');
  const more = (waiting.length > 0 ? waiting : hindered).length - named.length;
  return new CompanionError(code, `${told}${more > 0 ? `; and ${more} more` : ''}.`, {
    details: mayPass && untilMs < forGoodMs ? { retryAtMs: untilMs } : {},
  });
}

function codeOf(first: Hindered | undefined): ErrorCode {
  const hindrance = first?.hindrance;
  const isNamed = hindrance?.state === 'rejected' || hindrance?.state === 'cooling';
  return (isNamed ? hindrance.code : undefined) ?? 'RATE_LIMITED';
}

function describeHindered({ who, hindrance }: Hindered, nowMs: number): string {
  const { state, reason, untilMs } = hindrance;
  if (state === 'rejected' || untilMs >= forGoodMs) return `${who}: ${reason}`;
  return `${who} is not used until ${describeMoment(untilMs, nowMs)} (${reason})`;
}

/** Nothing is configured at all, or what was can no longer serve. */
export function refuseNobody(sessions: readonly SessionRecord[]): CompanionError {
  if (sessions.length > 0) return whyNoSession(sessions);
  const message = 'There is no claude.ai session, login or API key to serve this request with.';
  return new CompanionError('SESSION_REQUIRED', message, { remedy: syncOrAddKey });
}

function noCredential({ location, request }: Refused, mayUseWeb: boolean): CompanionError {
  if (request.onlyProvider !== undefined) return noLogin(request.onlyProvider);
  if (mayUseWeb && isClaude(location)) return refuseNobody([]);
  const what = location.name === undefined ? 'this request' : quote(location.name);
  const only = mayUseWeb ? '' : ' Only a key will do for this route.';
  const lack = mayUseWeb ? 'neither an API key nor a login' : 'no API key';
  const message = `There is ${lack} to serve ${what} with.${only}`;
  return new CompanionError('NO_CREDENTIAL', message, mayUseWeb ? {} : { remedy: addKey });
}

function noLogin(providerId: string): CompanionError {
  const message = `There is no login that opens ${providerId}, and this route is for nobody else.`;
  return new CompanionError('NO_CREDENTIAL', message, {
    remedy:
      'Sign in with `companion auth login-openai`; a login of Codex that is there already serves after `companion config codex --enable`.',
  });
}

/** The provider may have the model, but not this route of another provider's API. */
function wrongApi({ targets, name }: Location): CompanionError {
  const provider = targets[0]?.provider.name ?? '';
  if (name === undefined)
    return new CompanionError('ROUTE_NOT_FOUND', `The API of ${provider} does not have this route.`);
  const message = `The model ${quote(name)} goes to ${provider}, whose API does not have this route.`;
  return new CompanionError('MODEL_NOT_FOUND', message, { details: { field: 'model' } });
}

function noModelNamed({ catalogue, request }: Refused): CompanionError {
  const able = catalogue.providers.filter((one) => catalogue.keys.has(one.id) && isSameWire(request.dialect, one));
  const names = able.map((one) => one.name);
  if (names.length === 0)
    return new CompanionError('NO_CREDENTIAL', 'There is no API key that could serve this route.');
  const message = `The request names no model, and nothing else tells to which provider it should go (${names.join(', ')}).`;
  return new CompanionError('MODEL_NOT_FOUND', message, { details: { field: 'model' } });
}

function modelNotFound(name: string, { location, catalogue, sessions, request }: Refused): CompanionError {
  const { mode, allowedModels } = request;
  const known = offeredNames(catalogue, sessions, mode);
  const usable = allowedModels === undefined ? known : known.filter((id) => allowsModel(allowedModels, id));
  const offered = nearestNames(name, usable, mostOffered);
  const list = offered.length === 0 ? '' : ` Offered: ${offered.join(', ')}.`;
  const message = `No account offers the model ${quote(name)}.`;
  const details = { field: 'model' };
  const owner = location.keylessOwner;
  if (owner === undefined) return new CompanionError('MODEL_NOT_FOUND', message + list, { details });
  const command = owner.isLoginOnly === true ? signInCommandOf(owner.id) : undefined;
  const hint = ` It would be ${owner.name}'s, for which there is no ${command === undefined ? 'key' : 'login'}.`;
  const way = command === undefined ? 'Add a key with `companion keys add`' : `Sign in with \`${command}\``;
  const remedy = `${way}, or pick a model from GET /v1/models.`;
  return new CompanionError('MODEL_NOT_FOUND', message + hint + list, { details, remedy });
}

function offeredNames(
  { providers, keys, listOf }: Catalogue,
  sessions: readonly SessionRecord[],
  mode: Mode | undefined,
): readonly string[] {
  const ofKeys = providers.flatMap((provider) =>
    (keys.get(provider.id) ?? []).flatMap((key) => Array.from(listOf(provider, key))),
  );
  const ofSessions = sessions.filter(isUsable).flatMap((session) => session.models.map((model) => model.id));
  return [...(mode === 'web' ? [] : ofKeys), ...(mode === 'api' ? [] : ofSessions)];
}

function isClaude({ webName }: Location): boolean {
  return webName?.startsWith('claude') === true;
}
