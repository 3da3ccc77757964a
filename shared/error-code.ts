/**
 * Every error that the product reports, in one closed table: HTTP status, whose move it is, what a retry would help, and
 * one line that says what to do. `docs/errors.md` has a section for each; a test compares the two.
 */

export type Blame = 'client' | 'account' | 'upstream' | 'link' | 'companion';
/** `never`: the same request fails again. `same`: it may work later as it is. `other-credential`: another account may serve. */
export type Retry = 'never' | 'same' | 'other-credential';

export interface ErrorFacts {
  readonly status: number;
  readonly blame: Blame;
  readonly retry: Retry;
  /** What to do next, as one sentence for a person. */
  readonly remedy: string;
  /** Exit code of a command that ends with this error; 1 unless given. */
  readonly exit?: number;
}

export const errorTable = {
  // The request itself
  INVALID_REQUEST: {
    status: 400,
    blame: 'client',
    retry: 'never',
    remedy: 'Correct the field that the message names.',
    exit: 2,
  },
  NOT_AVAILABLE_IN_MODE: {
    status: 400,
    blame: 'client',
    retry: 'never',
    remedy: 'Leave the field out, or use a mode that supports it.',
  },
  MODEL_NOT_FOUND: { status: 404, blame: 'client', retry: 'never', remedy: 'Pick a model from GET /v1/models.' },
  ROUTE_NOT_FOUND: {
    status: 404,
    blame: 'client',
    retry: 'never',
    remedy: 'Check the base URL; `companion env` prints the right ones.',
  },
  NOT_FOUND: {
    status: 404,
    blame: 'client',
    retry: 'never',
    remedy: 'List what exists, then use an id or name from the list.',
  },
  BODY_TOO_LARGE: { status: 413, blame: 'client', retry: 'never', remedy: 'Send less than 32 MB in one request.' },
  CONTENT_TYPE_REFUSED: {
    status: 415,
    blame: 'client',
    retry: 'never',
    remedy: 'Send the body as `content-type: application/json`.',
  },
  FILE_URL_REFUSED: {
    status: 400,
    blame: 'client',
    retry: 'never',
    remedy: 'Send the file as base64, or use a public https address.',
  },

  // Who may call
  CLIENT_KEY_MISSING: {
    status: 401,
    blame: 'client',
    retry: 'never',
    remedy: 'Use the settings that `companion env` prints.',
  },
  CLIENT_KEY_INVALID: {
    status: 401,
    blame: 'client',
    retry: 'never',
    remedy: 'Use the settings that `companion env` prints.',
  },
  CLIENT_KEY_EXPIRED: {
    status: 401,
    blame: 'client',
    retry: 'never',
    remedy: 'Make a new client key with `companion token create`.',
  },
  CLIENT_KEY_REVOKED: {
    status: 401,
    blame: 'client',
    retry: 'never',
    remedy: 'Make a new client key with `companion token create`.',
  },
  CLIENT_NOT_ALLOWED: {
    status: 403,
    blame: 'client',
    retry: 'never',
    remedy: 'Use a client key that is allowed to do this; `companion token list` shows what each may do.',
  },
  CLIENT_BUDGET_SPENT: {
    status: 429,
    blame: 'client',
    retry: 'never',
    remedy: 'Make a client key with a larger budget: `companion token create`.',
  },
  CLIENT_RATE_LIMITED: {
    status: 429,
    blame: 'client',
    retry: 'same',
    remedy: 'Wait until the time that `retry-after` names; the limit is that of the client key.',
  },
  ADMIN_KEY_MISSING: {
    status: 401,
    blame: 'client',
    retry: 'never',
    remedy: 'Send the key that `companion admin-key` prints as `X-Admin-Key`.',
  },
  ADMIN_KEY_INVALID: {
    status: 401,
    blame: 'client',
    retry: 'never',
    remedy: 'Send the key that `companion admin-key` prints as `X-Admin-Key`.',
  },
  TOO_MANY_FAILED_KEYS: {
    status: 429,
    blame: 'client',
    retry: 'same',
    remedy: 'Wait a minute, then use the settings that `companion env` prints.',
  },
  HOST_REFUSED: {
    status: 403,
    blame: 'client',
    retry: 'never',
    remedy: 'Call the companion as 127.0.0.1 or localhost, or add the host to `server.allowed_hosts`.',
  },
  ORIGIN_REFUSED: {
    status: 403,
    blame: 'client',
    retry: 'never',
    remedy: 'Web pages may not call the companion; use a program.',
  },
  CONTROL_REFUSED: {
    status: 403,
    blame: 'client',
    retry: 'never',
    remedy: 'Use the `companion` command on this computer.',
  },

  // The account and its session
  SESSION_REQUIRED: {
    status: 503,
    blame: 'account',
    retry: 'never',
    remedy: 'Open the extension and click "Sync session".',
    exit: 6,
  },
  SESSION_EXPIRED: {
    status: 503,
    blame: 'account',
    retry: 'other-credential',
    remedy: 'Sign in on claude.ai, then click "Sync session" in the extension.',
  },
  SESSION_SIGNED_OUT: {
    status: 503,
    blame: 'account',
    retry: 'other-credential',
    remedy: 'Sign in on claude.ai again; the session syncs by itself or with a click on "Sync session".',
  },
  ORGANISATION_UNUSABLE: {
    status: 403,
    blame: 'account',
    retry: 'other-credential',
    remedy: 'Choose an organisation that may chat: `companion session use NAME --organisation ID`.',
  },
  ACCOUNT_DISABLED: {
    status: 403,
    blame: 'account',
    retry: 'other-credential',
    remedy: 'Open claude.ai in the browser; it says what happened to the account.',
  },
  VERIFICATION_REQUIRED: {
    status: 403,
    blame: 'account',
    retry: 'other-credential',
    remedy: 'Open claude.ai in the browser and complete the verification there.',
  },
  NO_CREDENTIAL: {
    status: 503,
    blame: 'account',
    retry: 'never',
    remedy:
      'Add a key with `companion keys add`, or sign in: `companion auth login-openai` for models of a ChatGPT plan; ' +
      'for Claude models `companion auth login`, or "Sync session" in the extension.',
    exit: 6,
  },
  LOGIN_REQUIRED: {
    status: 401,
    blame: 'account',
    retry: 'never',
    remedy: 'Sign in with `companion auth login` (Claude) or `companion auth login-openai` (ChatGPT).',
    exit: 6,
  },
  LOGIN_EXPIRED: {
    status: 401,
    blame: 'account',
    retry: 'other-credential',
    remedy: 'Sign in again with `companion auth login` (Claude) or `companion auth login-openai` (ChatGPT).',
    exit: 6,
  },
  LOGIN_REFRESH_FAILED: {
    status: 503,
    blame: 'account',
    retry: 'other-credential',
    remedy: 'Nothing is lost: it is tried again by itself, and with `companion auth refresh`.',
  },
  LOGIN_UNREADABLE: {
    status: 500,
    blame: 'account',
    retry: 'other-credential',
    remedy: 'Sign in again in the program that the file belongs to; the file is left as it is.',
  },
  KEY_REJECTED: {
    status: 502,
    blame: 'account',
    retry: 'other-credential',
    remedy: 'Check the stored key with `companion keys test`, and replace it if the provider no longer takes it.',
  },
  QUOTA_EXHAUSTED: {
    status: 402,
    blame: 'account',
    retry: 'other-credential',
    remedy: "Add credit in the provider's console, or use another key.",
  },
  RATE_LIMITED: {
    status: 429,
    blame: 'account',
    retry: 'other-credential',
    remedy: 'Wait until the window resets, or use another account.',
  },
  TOKEN_LIMIT_REACHED: {
    status: 429,
    blame: 'account',
    retry: 'other-credential',
    remedy: 'Wait until the limit that you set resets, or raise it: `companion quota set`.',
  },

  // Signing in
  LOGIN_DENIED: {
    status: 403,
    blame: 'client',
    retry: 'never',
    remedy: 'Begin again with `companion auth login`, and allow the access on the page that opens.',
  },
  LOGIN_REFUSED: {
    status: 403,
    blame: 'upstream',
    retry: 'never',
    remedy: "The words above are the provider's own. Begin again, or ask the provider.",
  },
  LOGIN_MISMATCH: {
    status: 400,
    blame: 'client',
    retry: 'never',
    remedy: 'Nothing was taken over. Begin again with `companion auth login`, and use only the newest page.',
  },
  LOGIN_TIMED_OUT: {
    status: 408,
    blame: 'client',
    retry: 'never',
    remedy: 'Begin again with `companion auth login`; there are ten minutes for it.',
  },
  LOGIN_CANCELLED: {
    status: 409,
    blame: 'client',
    retry: 'never',
    remedy: 'Begin again with `companion auth login` whenever you like.',
  },
  LOGIN_PORTS_BUSY: {
    status: 503,
    blame: 'companion',
    retry: 'same',
    remedy: 'Pair a browser, or use `--manual`: neither needs a port.',
  },
  LOGIN_UNCONFIGURED: {
    status: 400,
    blame: 'client',
    retry: 'never',
    remedy: 'Set the client id that the message names in config.yaml, or bring a token that you have already.',
  },

  // The provider
  CHALLENGE: {
    status: 503,
    blame: 'upstream',
    retry: 'same',
    remedy:
      'claude.ai wants to see a browser: keep one paired browser open and use the browser transport; if it still happens, open claude.ai once in a tab.',
  },
  REGION_BLOCKED: {
    status: 503,
    blame: 'upstream',
    retry: 'never',
    remedy: 'The provider does not serve this network; open claude.ai in the browser to see what it says.',
  },
  PROVIDER_REFUSED: {
    status: 403,
    blame: 'upstream',
    retry: 'never',
    remedy: "The provider's own words are in the message.",
  },
  OVERLOADED: { status: 529, blame: 'upstream', retry: 'same', remedy: 'The provider is busy; try again in a moment.' },
  UPSTREAM_ERROR: {
    status: 502,
    blame: 'upstream',
    retry: 'same',
    remedy: 'The provider failed; try again in a moment.',
  },
  UPSTREAM_UNREADABLE: {
    status: 502,
    blame: 'upstream',
    retry: 'same',
    remedy: 'The provider answered in a form that this version does not know; look for an update.',
  },
  UPSTREAM_UNREACHABLE: {
    status: 502,
    blame: 'upstream',
    retry: 'same',
    remedy: 'Check the network of this computer.',
  },
  CONNECT_TIMEOUT: {
    status: 504,
    blame: 'upstream',
    retry: 'same',
    remedy: 'Check the network, or raise `timeouts.connect`.',
  },
  FIRST_BYTE_TIMEOUT: {
    status: 504,
    blame: 'upstream',
    retry: 'same',
    remedy: 'Try again, or raise `timeouts.first_byte`.',
  },
  IDLE_TIMEOUT: { status: 504, blame: 'upstream', retry: 'same', remedy: 'Try again, or raise `timeouts.idle`.' },
  STREAM_BROKEN: {
    status: 502,
    blame: 'upstream',
    retry: 'same',
    remedy: 'The answer is incomplete; send the request again.',
  },

  // The link and the browser
  SEAT_OFFLINE: {
    status: 503,
    blame: 'link',
    retry: 'same',
    remedy: 'Open the browser that holds the session, or keep the session in the companion.',
  },
  SITE_PERMISSION_MISSING: {
    status: 503,
    blame: 'link',
    retry: 'never',
    remedy: 'Open the extension and allow it to use claude.ai.',
  },
  CONSENT_MISSING: {
    status: 503,
    blame: 'link',
    retry: 'never',
    remedy: 'Open the extension, tick the box and click "Sync session".',
  },
  BROWSER_JOB_FAILED: {
    status: 502,
    blame: 'link',
    retry: 'same',
    remedy: 'Check that claude.ai opens in that browser, then try again.',
  },
  STOPPED_BY_USER: {
    status: 503,
    blame: 'link',
    retry: 'never',
    remedy: 'It was stopped in the browser; send the request again if that was a mistake.',
  },
  PAIRING_REFUSED: {
    status: 403,
    blame: 'link',
    retry: 'never',
    remedy: 'Run `companion pair` and use the new token.',
  },

  // The companion itself
  CLIENT_GONE: { status: 499, blame: 'client', retry: 'never', remedy: 'Nothing to do: the client hung up.' },
  CLAUDE_CODE_MISSING: {
    status: 503,
    blame: 'companion',
    retry: 'never',
    remedy: 'Install Claude Code, or name its program in `claude_code.path`.',
  },
  CLAUDE_CODE_FAILED: {
    status: 502,
    blame: 'upstream',
    retry: 'same',
    remedy: 'Run `claude` in a terminal: it says what is wrong, and signs you in.',
  },
  SHUTTING_DOWN: {
    status: 503,
    blame: 'companion',
    retry: 'same',
    remedy: 'Start the companion again, then repeat the request.',
  },
  PORT_IN_USE: {
    status: 500,
    blame: 'companion',
    retry: 'never',
    remedy: 'Choose another port with `--port`, or stop the program that holds this one.',
    exit: 4,
  },
  ALREADY_RUNNING: {
    status: 500,
    blame: 'companion',
    retry: 'never',
    remedy: 'Use the companion that runs, or stop it first.',
    exit: 4,
  },
  NOT_RUNNING: { status: 500, blame: 'companion', retry: 'same', remedy: 'Run `companion start` first.', exit: 3 },
  CONFIG_INVALID: {
    status: 500,
    blame: 'companion',
    retry: 'never',
    remedy: 'Correct the setting that the message names.',
    exit: 2,
  },
  BIND_REFUSED: {
    status: 500,
    blame: 'companion',
    retry: 'never',
    remedy: 'Listen on 127.0.0.1, or keep a client key switched on.',
    exit: 2,
  },
  HOME_UNSAFE: {
    status: 500,
    blame: 'companion',
    retry: 'never',
    remedy: 'Make the folder yours alone: `chmod 700`, and own it.',
    exit: 5,
  },
  VAULT_LOCKED: {
    status: 500,
    blame: 'companion',
    retry: 'same',
    remedy: 'Unlock the system keyring, then start again.',
    exit: 5,
  },
  VAULT_UNREADABLE: {
    status: 500,
    blame: 'companion',
    retry: 'never',
    remedy: 'Restore the vault file or its key; the unreadable copy was kept beside it.',
    exit: 5,
  },
  STORE_UNAVAILABLE: {
    status: 500,
    blame: 'companion',
    retry: 'same',
    remedy: 'Check that the disk of the data folder has room and is writable.',
    exit: 5,
  },
  INTERNAL: {
    status: 500,
    blame: 'companion',
    retry: 'same',
    remedy: 'This is a fault of ours: please report it with the lines of `companion logs`.',
  },
} as const satisfies Record<string, ErrorFacts>;

export type ErrorCode = keyof typeof errorTable;

export function errorFacts(code: ErrorCode): ErrorFacts {
  return errorTable[code];
}
