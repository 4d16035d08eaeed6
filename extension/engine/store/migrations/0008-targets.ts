/**
 * Migration 8: several compute targets. A run says which it was queued for (`asked`, empty: any) besides where it is (`target`, empty
 * until it has a place), and how much of its target it takes; the lab has an id by which targets tell its jobs from others'. What the user set for this
 * machine is kept too.
 */
export const sql = `
ALTER TABLE runs ADD COLUMN asked TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN contained TEXT;
ALTER TABLE runs ADD COLUMN stop_asked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN gpus INTEGER NOT NULL DEFAULT 0;
UPDATE runs SET target = '' WHERE state = 'queued';
CREATE INDEX runs_queue ON runs(environment, asked, position, id) WHERE state = 'queued';
CREATE INDEX runs_by_target ON runs(target, state);

CREATE TABLE targets (
  name TEXT PRIMARY KEY,
  setting TEXT,
  position INTEGER NOT NULL DEFAULT 0,
  listed INTEGER NOT NULL DEFAULT 1,
  drained INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO targets (name) VALUES ('local');

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE lab (id TEXT NOT NULL) STRICT;
INSERT INTO lab (id) VALUES (lower(hex(randomblob(6))));

UPDATE searches SET plan = json_set(plan, '$.target', json('null'), '$.priority', 'normal');
`;
