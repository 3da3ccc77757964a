/** The models that there are: what the keys' providers list, then what claude.ai offers besides. */
import type { ApiProvider } from '../../../shared/api-provider.ts';
import type { RoutedCredential } from '../../../shared/credential.ts';
import type { SessionService } from '../../account/session-service.ts';
import { isUsable } from '../../router/look-at-sessions.ts';
import type { ModelLists } from '../../router/model-lists.ts';
import { refuseNobody } from '../../router/refuse.ts';
import type { ModelCatalogue, OfferedModel } from './models.ts';

export interface CatalogueOptions {
  /** Read at each request. */
  readonly providers: readonly ApiProvider[];
  readonly keys: () => readonly RoutedCredential[];
  readonly lists: ModelLists;
  readonly sessions: SessionService;
  readonly isOff: (credentialId: string) => boolean;
}

export function createCatalogue(options: CatalogueOptions): ModelCatalogue {
  const { keys, lists, sessions, isOff } = options;
  const hasSession = () => sessions.list().some((session) => isUsable(session) && !isOff(session.id));
  return {
    async models(mode) {
      await lists.refresh();
      const web = hasSession() && mode !== 'api' ? await sessions.models() : [];
      const known = [
        ...(mode === 'web' ? [] : listedModels(lists)),
        ...web.map(({ id, name }): OfferedModel => ({ id, name, owner: 'anthropic' })),
      ];
      // Claude Code tells nobody what it knows, but it knows no others' models.
      const all = mode === 'claude-code' ? known.filter(({ id }) => id.startsWith('claude')) : known;
      if (all.length === 0 && !hasSession()) throw refuseNobody(sessions.list());
      return [...new Map(all.toReversed().map((model) => [model.id, model])).values()].toReversed();
    },
    onlyWire() {
      const ids = new Set(keys().map((key) => key.providerId));
      const [only] = ids;
      if (only === undefined || ids.size > 1 || hasSession()) return undefined;
      const provider = options.providers.find(({ id }) => id === only);
      // What a login opens is told here, as its provider lists more than it may be asked for.
      return provider?.isLoginOnly === true ? undefined : provider?.wire;
    },
  };
}

function listedModels(lists: ModelLists): readonly OfferedModel[] {
  return lists.catalogue().map(({ id, name, raw, provider }) => ({
    id,
    name,
    owner: provider.id,
    told: { wire: provider.wire, model: raw },
  }));
}
