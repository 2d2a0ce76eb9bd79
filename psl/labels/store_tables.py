"""The tables and views of the label store, as SQL.

Their names and types are part of the file that people query. DuckDB stores the text of the views, so even another line
break changes the bytes of the file.
"""

from psl.io.schemas import Q_ONE

PERCENTS = (10, 20, 30, 40, 50)  # windows.above_10 … above_50: the number of labels above that probability
TAIL_ONE = 1_000_000_000  # SoftLabels.below_min_mean_C is stored in parts per billion: it is far below 1 / Q_ONE

TABLES = f"""
CREATE TABLE clips (clip_id UINTEGER, clip clip_name);
CREATE TABLE classes (class_id USMALLINT, mid class_mid, name class_name);
CREATE TABLE windows (window_id UINTEGER, window_key window_key, clip_id UINTEGER, start_ms UINTEGER, \
duration_ms UINTEGER,
    n_kept USMALLINT, {", ".join(f"above_{percent} USMALLINT" for percent in PERCENTS)}, annotator annotator_key);
CREATE TABLE labels (window_id UINTEGER, class_id USMALLINT, q USMALLINT);
CREATE TABLE tails (window_key window_key, class_id USMALLINT, tail_ppb UINTEGER, annotator annotator_key);
CREATE TABLE weak_labels (clip_id UINTEGER, class_id USMALLINT);
CREATE TABLE provenance (record VARCHAR);
"""

VIEWS = f"""
CREATE VIEW soft_labels AS
    SELECT clip::VARCHAR AS clip, window_key::VARCHAR AS window_key, start_ms / 1000 AS start_s, \
duration_ms / 1000 AS duration_s,
        mid::VARCHAR AS mid, name::VARCHAR AS name, q / {Q_ONE} AS p, window_id, \
annotator::VARCHAR AS annotator
    FROM labels JOIN windows USING (window_id) JOIN clips USING (clip_id) JOIN classes USING (class_id);
CREATE VIEW named_weak_labels AS
    SELECT clip::VARCHAR AS clip, mid::VARCHAR AS mid, name::VARCHAR AS name
    FROM weak_labels JOIN clips USING (clip_id) JOIN classes USING (class_id);
CREATE VIEW named_windows AS
    SELECT clip::VARCHAR AS clip, window_key::VARCHAR AS window_key, start_ms / 1000 AS start_s, \
duration_ms / 1000 AS duration_s,
        n_kept, {", ".join(f"above_{percent}" for percent in PERCENTS)}, window_id, annotator::VARCHAR AS annotator
    FROM windows JOIN clips USING (clip_id);
CREATE VIEW class_tails AS
    SELECT window_key::VARCHAR AS window_key, mid::VARCHAR AS mid, name::VARCHAR AS name, tail_ppb / {TAIL_ONE} AS tail,
        annotator::VARCHAR AS annotator
    FROM tails JOIN classes USING (class_id);
"""
