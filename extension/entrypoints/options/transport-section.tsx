import type { TransportChoice } from '../../../shared/credential.ts';
import { text, type TextKey } from '../../text.ts';
import { Choice } from '../../ui/choice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { useChoices } from '../../ui/use-choices.ts';
import type { SectionProps } from './pairing-section.tsx';

const words: Readonly<Record<TransportChoice, { readonly label: TextKey; readonly hint: TextKey }>> = {
  auto: { label: 'transportAuto', hint: 'transportAutoHint' },
  browser: { label: 'transportBrowser', hint: 'transportBrowserHint' },
  direct: { label: 'transportDirect', hint: 'transportDirectHint' },
};

const transports = Object.keys(words) as readonly TransportChoice[];

/** How requests to claude.ai travel. A session that stays in the browser cannot be used without it. */
export function TransportSection({ background, state }: SectionProps) {
  const { choices, problem, choose } = useChoices(background, state);
  const { restsIn, transport } = choices;
  const isPossible = (choice: TransportChoice) => choice !== 'direct' || restsIn === 'vault';
  return (
    <Panel id="transport" title={text('transportSection')}>
      <fieldset>
        <legend class="unseen">{text('transportLegend')}</legend>
        {transports.map((choice) => (
          <Choice
            key={choice}
            type="radio"
            name="transport"
            testId={`transport-${choice}`}
            label={text(words[choice].label)}
            hint={text(isPossible(choice) ? words[choice].hint : 'transportDirectImpossible')}
            isChecked={transport === choice}
            isDisabled={!isPossible(choice)}
            onChange={() => choose({ transport: choice })}
          />
        ))}
      </fieldset>
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </Panel>
  );
}
