/**
 * Migration 6: searches, every request for ideas with its draws and answers, what humans let pass, marks on parents, repetitions and
 * judged kinds. `known` is the newest event that a draw took into account, `open` and `slots` what else it went by.
 */
export const sql = `
CREATE TABLE searches (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  environment TEXT NOT NULL,
  plan TEXT NOT NULL,
  baseline TEXT NOT NULL,
  first_epoch INTEGER NOT NULL,
  gpus INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  parents_seen INTEGER NOT NULL DEFAULT 0,
  benchmark INTEGER,
  started_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;

CREATE TABLE requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  search INTEGER NOT NULL REFERENCES searches(id),
  number INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  draw TEXT NOT NULL,
  known INTEGER NOT NULL,
  reference REAL,
  open INTEGER NOT NULL,
  slots INTEGER NOT NULL,
  answers TEXT,
  notes TEXT,
  error TEXT,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  UNIQUE (search, number)
) STRICT;

ALTER TABLE ideas ADD COLUMN search INTEGER REFERENCES searches(id);
ALTER TABLE ideas ADD COLUMN request INTEGER REFERENCES requests(id);
ALTER TABLE ideas ADD COLUMN repeats INTEGER REFERENCES ideas(id);
ALTER TABLE ideas ADD COLUMN likeness REAL;
ALTER TABLE ideas ADD COLUMN judged TEXT;
CREATE INDEX ideas_by_search ON ideas(search) WHERE search IS NOT NULL;

CREATE TABLE admissions (
  idea INTEGER NOT NULL REFERENCES ideas(id),
  gate TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (idea, gate)
) STRICT, WITHOUT ROWID;

CREATE TABLE marks (
  idea INTEGER PRIMARY KEY REFERENCES ideas(id),
  mark TEXT NOT NULL
) STRICT;
`;
