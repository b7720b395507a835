-- When something comes again, where an operator chose it; else its interval says so.
ALTER TABLE schedules ADD COLUMN cron TEXT;
