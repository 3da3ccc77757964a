/** The parts of logins, put together: where they rest, who renews them, and how new ones are made. */
import type { Dispatcher } from 'undici';
import type { RedirectLoginProviderId } from '../../shared/credential.ts';
import { isRedirectLogin } from '../../shared/login-name.ts';
import type { QuotaWindow } from '../../shared/quota.ts';
import type { LoginStatus } from '../../shared/status.ts';
import { ghSource, settingsTokenSource } from '../account/copilot/copilot-sources.ts';
import { claudeCodeSource } from '../account/adopt/claude-code-login.ts';
import { codexSource } from '../account/adopt/codex-login.ts';
import { kiroSource } from '../account/adopt/kiro-login.ts';
import { LoginService } from '../account/login/login-service.ts';
import type { LoginSource } from '../account/login/login-source.ts';
import type { Logins } from '../account/login/login-service-contract.ts';
import type { StoredLogin } from '../account/login/stored-login.ts';
import { UsageWatch } from '../account/login/usage-watch.ts';
import { createTokenEndpoint } from '../account/oauth/create-token-endpoint.ts';
import type { DeviceDeskService } from '../account/oauth/device-desk-contract.ts';
import { DeviceDesk } from '../account/oauth/device-desk.ts';
import { createDeviceProviders } from '../account/oauth/device-providers.ts';
import type { LoginBrowsers, LoginDeskService } from '../account/oauth/login-desk-contract.ts';
import { LoginDesk } from '../account/oauth/login-desk.ts';
import { createLoginProviders } from '../account/oauth/login-providers.ts';
import { fetchLoginUsage } from '../account/oauth/login-usage.ts';
import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { setInConfigFile } from '../config/config-file-writer.ts';
import type { Config } from '../config/load.ts';
import type { Paths } from '../config/paths.ts';
import type { SettingKey } from '../config/schema.ts';
import type { QuotaBoard } from '../exchange/quota-board.ts';
import { createLoginControl } from '../http/control/create-login-control.ts';
import type { CheckLogin } from '../http/control/create-login-control.ts';
import type { Adoptable, LoginControl } from '../http/control/login-control.ts';
import type { LinkHandlers } from '../link/ports.ts';
import type { Vault } from '../vault/vault.ts';
import { userAgent } from '../version.ts';

export interface AccountModeOptions {
  readonly config: Config;
  readonly paths: Paths;
  readonly vault: Vault;
  readonly dispatcher: Dispatcher;
  readonly quotas: QuotaBoard;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly browsers: LoginBrowsers;
  /** Asks the provider whether it takes a token. */
  readonly check: CheckLogin;
  /** A login was made anew, or came back to life: nothing that was learned of the one before holds. */
  readonly onMade: (loginId: string) => void;
  /** Logins, or what is under way, changed. */
  readonly onChange: () => void;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

export interface AccountMode {
  readonly logins: Logins;
  readonly desk: LoginDeskService;
  /** Logins by a code that is typed at the provider. */
  readonly deviceDesk: DeviceDeskService;
  readonly control: LoginControl;
  readonly linkHandlers: Pick<
    LinkHandlers,
    'onLoginCallback' | 'onLoginCancel' | 'onLoginBegin' | 'onLoginRefresh' | 'onLoginRemove' | 'onSeated'
  >;
  /** Settings took effect that logins depend on. */
  applySettings(changed: ReadonlySet<SettingKey>): Promise<void>;
  /** Somebody looks: what is left of each plan is asked, if that is due. */
  look(): void;
  close(): Promise<void>;
}

const settingOf = {
  codex: 'codex.enabled',
  'claude-code': 'claude_code.use_login',
  gh: 'copilot.use_gh',
  kiro: 'kiro.use_login',
} as const satisfies Record<Adoptable, string>;

const githubTokenPlace = 'the settings (COPILOT_GITHUB_TOKEN or copilot.github_token)';

/** Reads the logins that there are; asks no provider yet. */
export async function openAccountMode(options: AccountModeOptions): Promise<AccountMode> {
  const { config, paths, quotas, browsers, logger, nowMs, onChange } = options;
  const adopted: Record<Adoptable, boolean> = {
    codex: config.codex.enabled,
    'claude-code': config.claudeCode.useLogin,
    gh: config.copilot.useGh,
    kiro: config.kiro.useLogin,
  };
  const providers = createLoginProviders(config);
  const call = { dispatcher: options.dispatcher, nowMs, userAgent };
  const endpoints = {
    anthropic: createTokenEndpoint(providers.anthropic, call),
    openai: createTokenEndpoint(providers.openai, call),
  };
  const devices = createDeviceProviders(config, call);
  const reading = { environment: options.environment, clock: systemClock, logger };
  // Nobody is there yet to be told of what is read at first.
  let noteChange = (): void => undefined;
  const logins = await LoginService.open({
    vault: options.vault,
    sources: [
      claudeCodeSource({ ...reading, isEnabled: () => adopted['claude-code'] }),
      codexSource({ ...reading, home: config.codex.home, isEnabled: () => adopted.codex }),
      ...githubTokenSources(options, () => adopted.gh),
      kiroSource({ environment: options.environment, isEnabled: () => adopted.kiro }),
    ],
    endpoints: { ...endpoints, copilot: devices.copilot?.renewal, kiro: devices.kiro?.renewal },
    locksFolder: paths.locks,
    home: paths.home,
    refresh: config.auth.refresh,
    clock: systemClock,
    logger,
    environment: options.environment,
    quotasOf: (id: string): readonly QuotaWindow[] => quotas.windowsOf(`key/${id}`),
    onChange: () => noteChange(),
  });
  const revived = createRevivals(() => logins.statuses());
  noteChange = () => {
    for (const id of revived()) options.onMade(id);
    onChange();
  };
  const setAdopted = async (owner: Adoptable, isOn: boolean): Promise<void> => {
    await setInConfigFile(paths.configFile, settingOf[owner], isOn);
    adopted[owner] = isOn;
    await logins.reload();
  };
  const keep = async (login: StoredLogin, isForced: boolean): Promise<LoginStatus> => {
    const made = await logins.add(login, isForced);
    options.onMade(made.id);
    if (login.provider !== 'openai' || adopted.codex) return made;
    // Signing in is the choice to use it.
    await setAdopted('codex', true);
    return logins.find(made.id);
  };
  const desk = new LoginDesk({ providers, endpoints, browsers, keep, clock: systemClock, logger, onChange });
  const deviceDesk = new DeviceDesk({
    endpoints: { copilot: devices.copilot?.device, kiro: devices.kiro?.device },
    keep: (login) => keep(login, false),
    clock: systemClock,
    logger,
    onChange,
  });
  const usage = new UsageWatch({
    logins,
    ask: (login, signal) =>
      isRedirectLogin(login.provider)
        ? fetchLoginUsage(providers[login.provider], login, call, signal)
        : (devices[login.provider]?.usage(login, signal) ?? Promise.resolve({ windows: null, retryAtMs: null })),
    note: (id, windows) => {
      quotas.note(id, windows);
      onChange();
    },
    logger,
    nowMs,
  });
  return {
    logins,
    desk,
    deviceDesk,
    control: createLoginControl({ logins, desk, check: options.check, setAdopted, onMade: options.onMade, nowMs }),
    linkHandlers: linkHandlersOf(desk, logins),
    applySettings: async (changed) => {
      if ([...changed].some((key) => key.startsWith('auth.refresh.'))) logins.applyRhythm();
      if (changed.has('codex.enabled')) adopted.codex = config.codex.enabled;
      if (changed.has('claude_code.use_login')) adopted['claude-code'] = config.claudeCode.useLogin;
      if (changed.has('kiro.use_login')) adopted.kiro = config.kiro.useLogin;
      if (changed.has('copilot.use_gh')) adopted.gh = config.copilot.useGh;
      const switches = ['codex.enabled', 'claude_code.use_login', 'kiro.use_login', 'copilot.use_gh'] as const;
      if (switches.some((key) => changed.has(key))) await logins.reload();
    },
    look: () => usage.look(),
    close: async () => {
      await Promise.all([desk.close(), deviceDesk.close()]);
      await logins.close();
    },
  };
}

/** A token that the settings hold, and that of the GitHub CLI. */
function githubTokenSources(
  { config, environment, logger }: AccountModeOptions,
  isGhUsed: () => boolean,
): readonly LoginSource[] {
  const token = config.copilot.githubToken;
  const gh = ghSource({ environment, logger, isEnabled: isGhUsed });
  return token === undefined ? [gh] : [settingsTokenSource(token, githubTokenPlace), gh];
}

/** Those that were dead when it was asked last, and are not any more: somebody signed in again. */
function createRevivals(statuses: () => readonly LoginStatus[]): () => readonly string[] {
  const dead = new Set<string>();
  return () => {
    const now = statuses();
    const revived = now.filter(({ id, state }) => state === 'usable' && dead.has(id)).map(({ id }) => id);
    dead.clear();
    for (const { id, state } of now) if (state === 'dead') dead.add(id);
    return revived;
  };
}

function linkHandlersOf(desk: LoginDeskService, logins: Logins): AccountMode['linkHandlers'] {
  return {
    onLoginCallback: (seatId, callback) => desk.receiveCallback(seatId, callback),
    onLoginCancel: (seatId, cancel) => desk.receiveCancel(seatId, cancel),
    onLoginBegin: async (_seatId, provider: RedirectLoginProviderId) =>
      void (await desk.begin({ provider, way: 'browser' })),
    onLoginRefresh: async (_seatId, id) => void (await logins.refresh(id, AbortSignal.timeout(30_000))),
    onLoginRemove: async (_seatId, id) => void (await logins.remove(id)),
    onSeated: (_seatId, post) => desk.greet(post),
  };
}
