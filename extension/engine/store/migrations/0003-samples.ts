/** Migration 3: attempts belong to a sample, say where they failed, and carry the human's remark. */
export const sql = `
ALTER TABLE attempts ADD COLUMN sample INTEGER NOT NULL DEFAULT 1;
ALTER TABLE attempts ADD COLUMN place TEXT;
ALTER TABLE attempts ADD COLUMN note TEXT;
`;
