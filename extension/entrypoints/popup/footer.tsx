import type { ExtensionState } from '../../state.ts';
import { text } from '../../text.ts';
import { usedLogins } from '../../ui/login-view.ts';
import type { PopupView } from '../../ui/view/popup-view.ts';

export function Footer({ state, view }: { readonly state: ExtensionState | null; readonly view: PopupView }) {
  const companion = state?.companion ?? null;
  const accounts = companion === null ? 0 : companion.sessions.length + usedLogins(companion).length;
  return (
    <footer>
      {view.kind === 'unpaired' ? (
        <FootLink href="/options.html#how-pairing-works" label={text('actionHowPairingWorks')} />
      ) : (
        <FootLink href="/dashboard.html" label={text('actionDashboard')} />
      )}
      {view.kind !== 'unpaired' && accounts > 1 && <span>{text('accountsOther', String(accounts))}</span>}
      <FootLink href="/options.html" label={text('actionSettings')} />
    </footer>
  );
}

function FootLink({ href, label }: { readonly href: string; readonly label: string }) {
  return (
    <a href={href} target="_blank">
      {label}
    </a>
  );
}
