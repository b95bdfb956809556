/** Workers of any kind, called over WebSocket, HTTP and server-sent events. */
export { type Bridge, type BridgeAsk, openBridge } from './bridge.ts';
export type { Family } from './figures.ts';
