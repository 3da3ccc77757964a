/** Everything that is read from the ledger. */
import { exchangeRoute, exchangesRoute } from './exchange-routes.ts';
import { latencyRoute } from './latency-route.ts';
import type { LedgerRouteOptions } from './ledger-names.ts';
import type { Route } from './route.ts';
import { seriesRoute, usageRoute } from './usage-routes.ts';

export function ledgerRoutes(options: LedgerRouteOptions): readonly Route[] {
  return [
    usageRoute(options),
    seriesRoute(options),
    latencyRoute(options),
    exchangesRoute(options),
    exchangeRoute(options),
  ];
}
