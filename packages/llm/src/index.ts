export { type CallReport, createModel, DEFAULT_MAX_TRIES, type ModelOptions } from './chat.ts';
export { DEFAULT_DEADLINES, type Deadlines } from './deadlines.ts';
export type { EndpointConfig, HealthChange } from './endpoints.ts';
export {
  mergePrices,
  type Price,
  PriceSchema,
  type PriceTable,
  PriceTableSchema,
  priceOf,
  readPrices,
} from './prices.ts';
export { type Probe, probeEndpoint } from './probe.ts';
