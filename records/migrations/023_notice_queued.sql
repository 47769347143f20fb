-- When a notice was queued anew, after it had failed or was taken back: what was tried before that does not make it overdue.
ALTER TABLE notices ADD COLUMN queued TEXT NOT NULL DEFAULT '';
