/** Why a file's figures differ, from a look at each place. A row is due for each difference above a percent. */
export const EXPLANATIONS: Readonly<Record<string, string>> = {};
