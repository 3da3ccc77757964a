/** The parts of web mode, put together: the sessions, and the two ways to claude.ai. */
import type { Dispatcher } from 'undici';
import { CookieJar } from '../account/cookie-jar.ts';
import { SessionService } from '../account/session-service.ts';
import type { Logger } from '../base/log.ts';
import type { Config } from '../config/load.ts';
import type { Link } from '../link/link.ts';
import type { SessionRecord, Store } from '../store/store.ts';
import { ClaudeSite } from '../upstream/claude-site.ts';
import { createClaudeWays } from '../upstream/claude-ways.ts';
import { ClaudeWebUpstream } from '../upstream/claude-web.ts';
import type { Vault } from '../vault/vault.ts';
import { userAgent } from '../version.ts';

export interface WebModeOptions {
  readonly config: Config;
  readonly vault: Vault;
  readonly store: Store;
  /** The person turned a session off. */
  readonly isOff: (sessionId: string) => boolean;
  readonly dispatcher: Dispatcher;
  /** Opened later: nothing here asks for it before there is work. */
  readonly link: () => Pick<Link, 'isOnline' | 'runJob' | 'requestSession' | 'broadcastStatus'>;
  /** claude.ai no longer accepts this session. */
  readonly onExpired: (session: SessionRecord) => void;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

export interface WebMode {
  readonly sessions: SessionService;
  readonly upstream: ClaudeWebUpstream;
}

export function openWebMode({
  config,
  vault,
  store,
  isOff,
  dispatcher,
  link,
  logger,
  nowMs,
  onExpired,
}: WebModeOptions): WebMode {
  const waysOf = createClaudeWays({
    jobs: {
      isOnline: (seatId) => link().isOnline(seatId),
      runJob: (seatId, job, signal) => link().runJob(seatId, job, signal),
    },
    dispatcher,
    baseUrl: config.upstreams.claudeWeb,
    userAgent,
    get transport() {
      return config.web.transport;
    },
    timeouts: config.timeouts,
  });
  const sessions = new SessionService({
    store,
    isOff,
    jar: new CookieJar(vault),
    connect: (target) => waysOf(target).map((transport) => new ClaudeSite(transport, nowMs)),
    logger,
    nowMs,
    configuredOrganisation: config.web.organisation ?? null,
    onChange: () => link().broadcastStatus(),
    onExpired: (session) => {
      if (session.seatId !== null) link().requestSession(session.seatId, 'expired');
      onExpired(session);
    },
  });
  const upstream = new ClaudeWebUpstream({
    transportsOf: (session) => waysOf(sessions.targetOf(session)),
    onQuotas: (id, windows) => sessions.noteQuotas(id, windows),
    get isTemporary() {
      return config.web.temporary;
    },
    get deletesAfter() {
      return config.web.deleteAfter;
    },
    get attachAbove() {
      return config.web.attachmentThreshold;
    },
    logger,
    nowMs,
  });
  return { sessions, upstream };
}
