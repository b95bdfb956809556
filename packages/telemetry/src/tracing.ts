/** Whether the operator's environment asks for traces, without loading anything that could send them. */
import { CONTENT_VARIABLE } from './genai.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type TracesWanted =
  | { readonly kind: 'none' }
  | { readonly kind: 'otlp' }
  /** It is asked for in a way that we do not speak. */
  | { readonly kind: 'refused'; readonly why: string };

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];

/** By OpenTelemetry's own variables: an endpoint, unless it is taken back by one of the others. */
export function tracesWanted(env: Environment): TracesWanted {
  const isAsked = ENDPOINTS.some((name) => set(env[name]));
  const isOff = env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true';
  const exporters = (set(env.OTEL_TRACES_EXPORTER) ?? 'otlp').split(',').map((name) => name.trim());
  if (!isAsked || isOff || !exporters.includes('otlp')) return { kind: 'none' };
  const protocol = set(env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL) ?? set(env.OTEL_EXPORTER_OTLP_PROTOCOL);
  if (protocol?.startsWith('http/') ?? true) return { kind: 'otlp' };
  return {
    kind: 'refused',
    why: `traces go out over HTTP, and OTEL_EXPORTER_OTLP_PROTOCOL says ${protocol}`,
  };
}

/** Whether what agents and models wrote may be told. */
export const wantsContent = (env: Environment): boolean =>
  env[CONTENT_VARIABLE]?.trim().toLowerCase() === 'true';

/** Values of headers that go with every export: they are keys more often than not. */
export function headerSecrets(env: Environment): string[] {
  const lists = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'].map(
    (name) => env[name] ?? '',
  );
  return lists
    .flatMap((list) => list.split(','))
    .flatMap((pair) => {
      const value = pair.slice(pair.indexOf('=') + 1).trim();
      return pair.includes('=') && value !== '' ? [value, decoded(value)] : [];
    });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const set = (value: string | undefined): string | undefined => value?.trim() || undefined;
