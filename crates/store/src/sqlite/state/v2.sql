-- Which text of its flow a dead letter died of.
ALTER TABLE dead_letter ADD COLUMN revision TEXT NOT NULL DEFAULT '';
