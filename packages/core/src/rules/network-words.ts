/** How programs say that they looked for a network and found none. */
const WORDS =
  /\b(?:EAI_AGAIN|ENOTFOUND|ENETUNREACH|ERR_PNPM_NO_OFFLINE_[A-Z]+|ENOTCACHED)\b|\bECONNREFUSED\b(?! (?:127\.|::1|localhost))|(?:could not|couldn't|failed to|unable to) resolve host|temporary failure in name resolution|name or service not known|no such host|network is unreachable|download of config\.json failed|spurious network error|module lookup disabled by GOPROXY=off|you're using offline mode/i;

export const wantsNetwork = (output: string): boolean => WORDS.test(output);
