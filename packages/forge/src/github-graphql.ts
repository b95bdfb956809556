/** What GitHub answers by GraphQL alone: https://docs.github.com/en/graphql */

export const READY = `mutation ready($id: ID!) {
  markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } }
}`;

export const STANDING = `query standing($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) { isInMergeQueue mergeQueueEntry { position } reviewDecision }
  }
}`;

/** Below the address of the REST API: an Enterprise has it beside that. */
export const graphqlPath = (api: string): string =>
  /\/api\/v3\/*$/.test(new URL(api).pathname) ? '../graphql' : 'graphql';
