import { useContext } from 'preact/hooks';
import type { CompanionStatus } from '../../../../shared/status.ts';
import { NowContext } from '../../../ui/words.tsx';
import { useDesk } from '../data/use-question.ts';
import { CompanionFacts } from './companion-facts.tsx';

export function Settings({ companion }: { readonly companion: CompanionStatus }) {
  const { isLive } = useDesk();
  const now = useContext(NowContext);
  return <CompanionFacts companion={companion} nowMs={isLive ? now.value : companion.atMs} />;
}
