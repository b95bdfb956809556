/** How programs say that they looked for a network and found none. */
const WORDS =
  /\b(?:EAI_AGAIN|ENOTFOUND|ENETUNREACH|ERR_PNPM_NO_OFFLINE_[A-Z]+|ENOTCACHED)\b|\bECONNREFUSED\b(?! (?:127\.|::1|localhost))|(?:could not|couldn't|failed to|unable to) resolve host|temporary failure in name resolution|name or service not known|no such host|dial tcp: lookup |network is unreachable|download of config\.json failed|spurious network error|module lookup disabled by GOPROXY=off|you're using offline mode|you are using offline mode|can't checkout from .*: you are in the offline mode|attempting to make an http request, but --offline was specified/i;

export const wantsNetwork = (output: string): boolean => WORDS.test(output);

/** What to do about it, as a sentence without its end. */
export const NO_NETWORK =
  'gates have no network: let setup fetch what the gate needs, into the work tree or its home (--setup), or name a gate that needs none (--gate)';
