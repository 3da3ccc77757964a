/** The environment that Claude Code runs in: the user's own, without what is meant for the companion. */

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentFacts {
  readonly environment: Environment;
  /** Where the Anthropic API is, from the configuration. */
  readonly baseUrl: string;
  /** Addresses of this companion, by every name that it is reached by. */
  readonly ownUrls: readonly string[];
  /** How we introduce ourselves beside Claude Code: `name/version`. */
  readonly clientApp: string;
}

const anthropicUrl = 'https://api.anthropic.com';

/** Settings and secrets of ours, and the marks that a Claude Code which started us leaves on its children. */
const droppedNames =
  /^(CCPROXY_.*|SECURITY__.*|NODE_OPTIONS|CLAUDECODE|CLAUDE_CODE_(ENTRYPOINT|EXECPATH|SESSION_ID|SSE_PORT))$/i;

/** One request gives one answer: nothing in the background, and nothing that changes the conversation or repeats it much. */
const quietSettings: Environment = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_AUTOUPDATER: '1',
  DISABLE_COMPACT: '1',
  CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
  // Its answer would come whole, after nothing, instead of as a stream.
  CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK: '1',
};
/** The user's own settings win; ten times, as is usual, is longer than a client waits. */
const milderSettings: Environment = { CLAUDE_CODE_MAX_RETRIES: '1' };

/** Without `undefined`. The credentials in it are the user's own, neither read nor added to. */
export function childEnvironment(facts: EnvironmentFacts): Record<string, string> {
  const own = withoutClientKey(withoutCircle(withoutOurs(facts.environment), facts.ownUrls), facts);
  const isElsewhere = trimmed(facts.baseUrl) !== anthropicUrl;
  const environment: Environment = {
    ...milderSettings,
    ...own,
    ...quietSettings,
    CLAUDE_AGENT_SDK_CLIENT_APP: facts.clientApp,
    ...(isElsewhere && { ANTHROPIC_BASE_URL: trimmed(facts.baseUrl) }),
  };
  const set = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(set);
}

/** `environment` without our settings and secrets, and without what changes how a child of ours runs. */
export function withoutOurs(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !droppedNames.test(name)));
}

/** A client key opens a companion, and is nothing for the API itself; where the user named another place, it may fit there. */
function withoutClientKey(environment: Environment, { baseUrl }: EnvironmentFacts): Environment {
  const isElsewhere = trimmed(baseUrl) !== anthropicUrl;
  if (environment['ANTHROPIC_BASE_URL'] !== undefined && !isElsewhere) return environment;
  const isKey = ([name, value]: readonly [string, string | undefined]): boolean =>
    /^ANTHROPIC_(?:AUTH_TOKEN|API_KEY)$/.test(name) && value?.startsWith('ccpk_') === true;
  return Object.fromEntries(Object.entries(environment).filter((entry) => !isKey(entry)));
}

/** A Claude Code that is set up to ask this companion would ask it for its own answer. */
function withoutCircle(environment: Environment, ownUrls: readonly string[]): Environment {
  const { ANTHROPIC_BASE_URL: base, ...rest } = environment;
  if (base === undefined || !ownUrls.some((url) => isSamePlace(base, url))) return environment;
  const { ANTHROPIC_AUTH_TOKEN: _token, ANTHROPIC_CUSTOM_HEADERS: _headers, ANTHROPIC_API_KEY: key, ...others } = rest;
  // A key of the API itself is not the companion's, whatever the address was.
  return { ...others, ...(key?.startsWith('sk-ant-') && { ANTHROPIC_API_KEY: key }) };
}

function isSamePlace(one: string, other: string): boolean {
  const place = placeOf(one);
  return place !== undefined && place === placeOf(other);
}

/** All names of this computer are one place. */
function placeOf(address: string): string | undefined {
  const url = URL.parse(address);
  if (url === null) return undefined;
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1?\]|0\.0\.0\.0)$/.test(url.hostname);
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return `${isLocal ? 'local' : url.hostname}:${port}`;
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, '');
}
