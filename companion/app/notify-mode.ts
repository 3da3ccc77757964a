/** The parts of notifications, put together: what happens in the companion, as news, and the ways to tell them. */
import type { Dispatcher } from 'undici';
import type { RoutedCredential } from '../../shared/credential.ts';
import type { LoginStatus } from '../../shared/status.ts';
import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Config } from '../config/load.ts';
import type { LimitEvent } from '../exchange/token-limits.ts';
import type { Link } from '../link/link.ts';
import { createLoginWatch } from '../notify/login-watch.ts';
import { Notifier } from '../notify/notifier.ts';
import { Webhook } from '../notify/webhook.ts';
import {
  newsOfExhaustedQuota,
  newsOfExpiredSession,
  newsOfLowQuota,
  newsOfNoCredit,
  newsOfRejectedKey,
  newsOfReset,
  newsOfRotation,
} from '../notify/write-news.ts';
import type { Named } from '../notify/write-news.ts';
import { nameOfKey, nameOfSession } from '../router/describe.ts';
import type { RejectionCode } from '../router/plan.ts';
import type { SessionRecord } from '../store/store.ts';
import { userAgent, version } from '../version.ts';

export interface NotifyModeOptions {
  readonly config: Config;
  readonly dispatcher: Dispatcher;
  readonly credentials: () => readonly RoutedCredential[];
  readonly sessions: () => readonly SessionRecord[];
  /** As of the start: what was so before is no news. */
  readonly logins: readonly LoginStatus[];
  readonly link: () => Pick<Link, 'seats' | 'post'>;
  readonly logger: Logger;
}

export interface NotifyMode {
  readonly notifier: Notifier;
  onLimit(event: LimitEvent): void;
  /** A provider began to refuse a key. */
  onRejected(credentialId: string, code: RejectionCode): void;
  onSessionExpired(session: SessionRecord): void;
  /** Logins changed in some way. */
  onLogins(statuses: readonly LoginStatus[]): void;
}

export function openNotifyMode(options: NotifyModeOptions): NotifyMode {
  const { config, dispatcher, link, logger } = options;
  const webhook = new Webhook({
    settings: () => {
      const { webhook: url, webhookSecret: secret } = config.notifications;
      return url === undefined ? undefined : { url, secret };
    },
    dispatcher,
    version,
    userAgent,
    clock: systemClock,
    logger,
  });
  const notifier = new Notifier({
    webhook,
    settings: () => config.notifications,
    browsers: {
      show: (notice) => {
        link().post({ t: 'notify', ...notice });
        return link()
          .seats()
          .filter((seat) => seat.isOnline).length;
      },
    },
    logger,
    nowMs: () => systemClock.nowMs(),
  });
  const nameOf = createNames(options);
  /** What is told must never spoil what it is about: a name may rest on a disk that fails. */
  const safely = (task: () => void): void => {
    try {
      task();
    } catch (cause) {
      logger.warn({ error: cause }, 'a notification could not be told');
    }
  };
  const watchLogins = createLoginWatch((item) => notifier.tell(item), options.logins);
  return {
    notifier,
    onLimit: (event) => safely(() => tellOfLimit(notifier, event, nameOf)),
    onRejected: (id, code) =>
      safely(() => {
        if (code === 'KEY_REJECTED') notifier.tell(newsOfRejectedKey(nameOf(id)));
        if (code === 'QUOTA_EXHAUSTED') notifier.tell(newsOfNoCredit(nameOf(id)));
      }),
    onSessionExpired: (session) => safely(() => notifier.tell(newsOfExpiredSession(nameOf(session.id)))),
    onLogins: (statuses) => safely(() => watchLogins(statuses)),
  };
}

type NameOf = (credentialId: string) => Named;

function createNames({ config, credentials, sessions }: NotifyModeOptions): NameOf {
  return (id) => {
    const session = sessions().find((one) => one.id === id);
    if (session !== undefined) return { id, provider: 'claude-web', who: nameOfSession(session) };
    const credential = credentials().find((one) => one.id === id);
    if (credential === undefined) return { id, provider: '', who: id };
    const provider = config.providers.find((one) => one.id === credential.providerId);
    return { id, provider: credential.providerId, who: nameOfKey(provider, credential) };
  };
}

function tellOfLimit(notifier: Notifier, { kind, credential, use, successor }: LimitEvent, nameOf: NameOf): void {
  const named = nameOf(credential);
  const figures = { limit: use.limit ?? 0, used: use.used, resetsAtMs: use.resetsAtMs };
  switch (kind) {
    case 'low':
      return notifier.tell(newsOfLowQuota(named, figures));
    case 'exhausted':
      return notifier.tell(newsOfExhaustedQuota(named, figures));
    case 'rotated':
      return notifier.tell(newsOfRotation(named, nameOf(successor ?? '').who));
    case 'reset':
      return notifier.tell(newsOfReset(named, use.limit));
  }
}
