/** A task on the wire: what models and plan files may say. Stub replaced below. */
export interface TaskDraft {
  readonly label: string;
  readonly title: string;
  readonly description: string;
  readonly scope: readonly string[];
  readonly acceptance: string;
  readonly verify?: string;
  readonly priority: number;
  /** Labels, of this answer or of an earlier one. */
  readonly dependsOn: readonly string[];
  readonly kind: 'change' | 'answer';
  readonly role?: string;
  readonly requires: readonly string[];
  readonly agent?: string;
  /** A label. */
  readonly parent?: string;
}
