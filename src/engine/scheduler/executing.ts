/** What is being executed, in total and for each group. */
export class Executing {
  calls = 0;
  weight = 0;
  readonly #groups = new Map<string, number>();

  /** `sign` -1: their execution has ended. */
  add(entries: readonly { readonly group: string; readonly weight: number }[], sign: 1 | -1): void {
    this.calls += sign * entries.length;
    for (const { group, weight } of entries) {
      this.weight += sign * weight;
      const left = this.weightOf(group) + sign * weight;
      if (left === 0) this.#groups.delete(group);
      else this.#groups.set(group, left);
    }
  }

  weightOf(group: string): number {
    return this.#groups.get(group) ?? 0;
  }
}
