/** Everything that runs beside the rooms of API mode: provider, load, and what stands between the two. */
import { Child } from '../child.ts';
import type { LoadCommands } from '../process/load.ts';
import type { ProviderCommands } from '../process/provider.ts';
import { openClaudeCodeRouter, openCompanion, openDirect, openNginx, openPortkey } from './gateway.ts';
import type { Gateway, Opened } from './gateway.ts';
import { otherCore, pin } from './system.ts';

export interface ApiScene {
  readonly provider: Child<ProviderCommands>;
  readonly load: Child<LoadCommands>;
  readonly direct: Gateway;
  readonly companion: Gateway;
  /** `undefined` where it is not installed. */
  readonly nginx: Gateway | undefined;
  /** Other gateways, as far as they could be had. */
  readonly others: readonly Gateway[];
  /** Why something is not among them. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

/** What cannot be had is left out with a note. The companion is as `compileCompanion` left it. */
export async function openApiScene(hasOthers: boolean): Promise<ApiScene> {
  const provider = new Child<ProviderCommands>('provider');
  const load = new Child<LoadCommands>('load');
  const port = await provider.ask('port');
  const isPinned = [await provider.ask('pid'), await load.ask('pid')].every((pid) => pin(pid, otherCore));
  const opened: Opened[] = [await openNginx(port)];
  if (hasOthers) opened.push(await openPortkey(port), await openClaudeCodeRouter(port));
  const companion = await openCompanion(port);
  const gateways = opened.filter((one) => typeof one !== 'string');
  const nginx = gateways.find(({ name }) => name.startsWith('nginx'));
  const close = async () => {
    await Promise.all([companion, ...gateways].map((one) => one.close()));
    await Promise.all([provider.close(), load.close()]);
  };
  return {
    provider,
    load,
    direct: openDirect(port),
    companion,
    nginx,
    others: gateways.filter((one) => one !== nginx),
    notes: [
      isPinned
        ? 'The gateways share one core, load and provider the other.'
        : 'Processes are not pinned to cores (no taskset, or one core).',
      ...opened.filter((one) => typeof one === 'string').map((why) => `Left out: ${why}.`),
    ],
    close,
  };
}
