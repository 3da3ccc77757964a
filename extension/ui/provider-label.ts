import { builtInProviders } from '../../shared/api-provider.ts';
import { cleanLabel } from './label.ts';

/** The name that a provider has for itself; one that the person configured stands as they called it. */
export function providerLabel(id: string): string {
  return builtInProviders.find((provider) => provider.id === id)?.name ?? cleanLabel(id, 60);
}
