/** Migration 2: what a proposal was when it was written, so that a human's edits of it can be told; unknown of earlier ones. */
export const sql = `
ALTER TABLE proposals ADD COLUMN written TEXT;
`;
