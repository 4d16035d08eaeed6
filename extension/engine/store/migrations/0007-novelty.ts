/**
 * Migration 7: vectors of texts, so that none is embedded twice, and who judged an idea's kind. `text` is a digest: ideas of the same
 * text have the same vector, and one that is edited has another. `vector` is 32-bit floats, little-endian, of length 1.
 */
export const sql = `
CREATE TABLE vectors (
  text TEXT NOT NULL,
  model TEXT NOT NULL,
  vector BLOB NOT NULL,
  PRIMARY KEY (model, text)
) STRICT;
ALTER TABLE ideas ADD COLUMN judged_by TEXT;
`;
