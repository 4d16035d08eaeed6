/**
 * Migration 9: early stopping. A run says whether the search that queued it may stop it early (`watched`), and why it did (`early`, JSON);
 * plans of searches that were begun before have every run go on to its end.
 */
export const sql = `
ALTER TABLE runs ADD COLUMN watched INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN early TEXT;

UPDATE searches SET plan = json_set(plan, '$.earlyStop', json('{"rule":"off","grace":0.5}'));
`;
