-- Yazıdaki adı, as the drafter of the list that became the plan wrote it; empty: as the rule makes it.
ALTER TABLE distribution_plan_line ADD COLUMN written TEXT NOT NULL DEFAULT '';
