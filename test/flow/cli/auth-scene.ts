/** A companion that is nothing but its control socket, with logins and a desk made of memory behind it. */
import { onTestFinished } from 'vitest';
import { memoryLogger } from '../../../companion/base/log.ts';
import { createLoginControl } from '../../../companion/http/control/create-login-control.ts';
import type { CheckLogin } from '../../../companion/http/control/create-login-control.ts';
import { createControlServer } from '../../../companion/http/control/routes.ts';
import type { ControlService } from '../../../companion/http/control/routes.ts';
import { listenForCommands } from '../../../companion/http/listen.ts';
import type { CompanionStatus, LoginStatus } from '../../../shared/status.ts';
import { MemoryDesk, MemoryLogins } from '../../unit/http/login-scene.ts';
import { emptyHome } from './home.ts';

export interface AuthSceneOptions {
  readonly logins?: readonly LoginStatus[];
  readonly check?: CheckLogin;
  readonly status?: Partial<CompanionStatus>;
}

export async function openAuthScene(options: AuthSceneOptions = {}) {
  const paths = await emptyHome();
  const logins = new MemoryLogins(options.logins ?? []);
  const desk = new MemoryDesk();
  const control = createLoginControl({
    logins,
    desk,
    check: options.check ?? (async () => undefined),
    setAdopted: async (owner, isOn) => logins.setOn(owner, isOn),
    nowMs: Date.now,
  });
  const status = () => ({ ...quietStatus(), logins: [...logins.statuses()], ...options.status });
  const app = createControlServer({ status, logins: control } as ControlService, memoryLogger().logger, Date.now);
  await listenForCommands(app, paths.controlSocket);
  onTestFinished(() => app.close());
  return { ...paths, logins, desk };
}

function quietStatus(): CompanionStatus {
  return {
    version: '0.1.0',
    pid: process.pid,
    url: 'http://127.0.0.1:8000',
    startedAtMs: Date.now() - 60_000,
    atMs: Date.now(),
    vault: { kind: 'memory', location: 'memory', note: null },
    transport: 'auto',
    isAuthRequired: true,
    keys: [],
    sessions: [],
    seats: [],
    activity: [],
  };
}

/** An hour and a bit from now, so that "60 min" is what a person reads for a while. */
export function inAnHour(): number {
  return Date.now() + 3_600_000 + 20_000;
}
