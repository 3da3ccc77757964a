/** What a person looks at when a login by code is stuck. Commands stand between marks. */
import type { DeviceLoginProviderId } from '../../../shared/credential.ts';

interface PlaceFacts {
  /** Where the code is confirmed. */
  readonly place: string;
  readonly check: string;
}

const facts: Readonly<Record<DeviceLoginProviderId, PlaceFacts>> = {
  copilot: { place: 'GitHub', check: 'You are signed in to the GitHub account that has Copilot.' },
  kiro: {
    place: 'AWS',
    check: 'Start URL and region are those that your organisation gave you; a Builder ID needs neither.',
  },
};

export function confirmationPlace(provider: DeviceLoginProviderId): string {
  return facts[provider].place;
}

/** Five, from the nearest to the furthest. */
export function stuckChecks(provider: DeviceLoginProviderId): readonly string[] {
  const { place, check } = facts[provider];
  return [
    `The code that you entered at ${place} is the newest one: a new code makes those before it useless.`,
    `You clicked through to the end at ${place}, and allowed the access.`,
    check,
    `This computer reaches ${place}. Behind a company proxy, \`network.proxy\` has to be set.`,
    'The companion still runs: `companion status` tells, and `companion logs` what it met.',
  ];
}
