/** Migration 4: an idea may be another try at one whose run crashed. */
export const sql = `
ALTER TABLE ideas ADD COLUMN repairs INTEGER REFERENCES ideas(id);
`;
