/** Migration 1: ideas, attempts, proposals, implementations, runs, parents and the event log. Times are milliseconds since 1970. */
export const sql = `
CREATE TABLE ideas (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  environment TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  source TEXT NOT NULL,
  model TEXT,
  strategy TEXT NOT NULL,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  changes TEXT NOT NULL,
  kind TEXT,
  knobs TEXT,
  base INTEGER REFERENCES ideas(id),
  seed INTEGER,
  rejected_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ideas_by_environment ON ideas(environment, epoch);

CREATE TABLE idea_parents (
  idea INTEGER NOT NULL REFERENCES ideas(id),
  position INTEGER NOT NULL,
  parent INTEGER NOT NULL REFERENCES ideas(id),
  PRIMARY KEY (idea, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  idea INTEGER NOT NULL REFERENCES ideas(id),
  number INTEGER NOT NULL,
  by TEXT NOT NULL,
  outcome TEXT,
  reason TEXT,
  answer TEXT NOT NULL DEFAULT '',
  input_tokens INTEGER,
  output_tokens INTEGER,
  started_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE INDEX attempts_by_idea ON attempts(idea, id);

CREATE TABLE proposals (
  idea INTEGER PRIMARY KEY REFERENCES ideas(id),
  base_commit TEXT NOT NULL,
  files INTEGER NOT NULL,
  added INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  decisions TEXT NOT NULL DEFAULT '{}',
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE implementations (
  idea INTEGER PRIMARY KEY REFERENCES ideas(id),
  base_commit TEXT NOT NULL,
  commit_hash TEXT NOT NULL,
  files INTEGER NOT NULL,
  added INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  environment TEXT NOT NULL,
  idea INTEGER REFERENCES ideas(id),
  commit_hash TEXT NOT NULL,
  tree TEXT NOT NULL,
  seed INTEGER NOT NULL,
  target TEXT NOT NULL,
  state TEXT NOT NULL,
  position REAL NOT NULL,
  failure TEXT,
  reason TEXT,
  metric REAL,
  queued_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER
) STRICT;
CREATE INDEX runs_by_idea ON runs(idea, id);
CREATE INDEX runs_by_state ON runs(state, position);
CREATE INDEX runs_by_tree ON runs(environment, tree) WHERE idea IS NULL;

CREATE TABLE parents (
  environment TEXT NOT NULL,
  position INTEGER NOT NULL,
  idea INTEGER NOT NULL REFERENCES ideas(id),
  PRIMARY KEY (environment, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  kind TEXT NOT NULL,
  idea INTEGER,
  run INTEGER,
  detail TEXT
) STRICT;
CREATE TRIGGER events_are_kept BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_stay_as_written BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
`;
