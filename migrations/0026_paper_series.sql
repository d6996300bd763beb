-- Barcodes are numbered for ever: one that was printed never goes to another envelope, not even
-- when its own was taken back.
INSERT INTO number_series (series, year, last_seq)
SELECT 'paper.barcode', 0, COALESCE(MAX(seq), 0) FROM paper_item;

CREATE INDEX paper_list_by_day ON paper_list (unit_id, dated, id);
