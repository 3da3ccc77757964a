/** Answers control questions from the companion's files, when no companion runs. */
import { createLogger } from '../base/log.ts';
import { openLogFile } from '../base/log-file.ts';
import { ensurePrivateFolder } from '../base/atomic-file.ts';
import { LiveConfig } from '../config/live-config.ts';
import { pathsOf } from '../config/paths.ts';
import { createApp } from '../app.ts';
import type { ControlAnswer, Method } from './control-socket.ts';
import { lockHome } from './lock-home.ts';

export interface InProcess {
  ask(method: Method, route: string, body?: object): Promise<ControlAnswer>;
  /** Must be called: the home is locked until then. */
  close(): Promise<void>;
}

export async function askInProcess(method: Method, route: string, body: object | undefined): Promise<ControlAnswer> {
  const opened = await openInProcess();
  try {
    return await opened.ask(method, route, body);
  } finally {
    await opened.close();
  }
}

/** The companion's parts, in this process and for several questions; nothing listens. Errors: `ALREADY_RUNNING`. */
export async function openInProcess(): Promise<InProcess> {
  const live = new LiveConfig({ environment: process.env, cwd: process.cwd() });
  const { config } = live;
  const paths = pathsOf(config.home);
  await ensurePrivateFolder(paths.home);
  await ensurePrivateFolder(paths.logFolder);
  const lock = await lockHome(paths);
  try {
    const logger = createLogger({ level: config.log.level, destination: openLogFile(paths.log) });
    const app = await createApp({ config, live, logger });
    return {
      ask: async (method, route, body) => {
        const reply = await app.control.inject({
          method,
          url: route,
          ...(body === undefined ? {} : { payload: body }),
        });
        return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
      },
      close: () => app.stop().finally(() => lock.release()),
    };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}
