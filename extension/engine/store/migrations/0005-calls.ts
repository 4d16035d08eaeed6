/** Migration 5: one row per call of a language model, those that failed included. `cost` is in billionths of a dollar. */
export const sql = `
CREATE TABLE calls (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  environment TEXT NOT NULL,
  search INTEGER,
  idea INTEGER REFERENCES ideas(id),
  attempt INTEGER REFERENCES attempts(id),
  model TEXT NOT NULL,
  outcome TEXT NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cached_tokens INTEGER,
  reasoning_tokens INTEGER,
  bounded INTEGER NOT NULL,
  cost INTEGER,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX calls_by_environment ON calls(environment, input_tokens, output_tokens, cost);
CREATE INDEX calls_by_search ON calls(search, input_tokens, output_tokens, cost) WHERE search IS NOT NULL;
CREATE INDEX calls_by_attempt ON calls(attempt) WHERE attempt IS NOT NULL;
CREATE TRIGGER calls_are_kept BEFORE DELETE ON calls BEGIN SELECT RAISE(ABORT, 'calls are append-only'); END;
CREATE TRIGGER calls_stay_as_written BEFORE UPDATE ON calls BEGIN SELECT RAISE(ABORT, 'calls are append-only'); END;
`;
