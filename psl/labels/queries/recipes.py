"""The SQL of the commands of `psl labels`; `$NAME` are parameters. docs/label_store.md shows each with values."""

Q_ONE = 50_000  # that of psl.io.schemas, whose import of pyarrow takes as long as many a query

COUNTS = """
SELECT window_key, any_value(window_ms) / 1000 AS window_s, above_{percent} AS n_labels, count(*) AS windows,
    round(count(*) / any_value(n_windows), 4) AS share
FROM windows JOIN window_sets USING (window_key)
GROUP BY window_key, n_labels ORDER BY window_s, window_key, n_labels
"""
MISSING = """
SELECT clip_id, name, p, truth
FROM clip_labels
WHERE window_key = $window AND NOT weak AND p > $above AND coalesce(name = $name, true)
ORDER BY p DESC, clip_id, name
"""
UNMATCHED = """
SELECT unnest(record::JSON -> {key} ->> '$.unmatched.mids[*]') FROM provenance
"""  # classes that the annotator of a window key does not have, whose labels are 0
CONTRADICTIONS = f"""
SELECT clip_id, name, p, truth
FROM clip_labels
WHERE window_key = $window AND weak AND coalesce(p, 0) < $below AND coalesce(name = $name, true)
    AND mid NOT IN ({UNMATCHED.format(key="$window")})
ORDER BY p NULLS FIRST, clip_id, name
"""
COOCCURRENCE = f"""
WITH present AS (
    SELECT window_id, class_number FROM labels
    WHERE q > $above * {Q_ONE}
        AND window_id BETWEEN (SELECT min(window_id) FROM windows WHERE window_key = $window)
            AND (SELECT max(window_id) FROM windows WHERE window_key = $window)
), pairs AS (
    SELECT a.class_number AS one, b.class_number AS other, count(*) AS windows
    FROM present AS a JOIN present AS b ON a.window_id = b.window_id AND a.class_number < b.class_number
    GROUP BY ALL
)
SELECT least(a.name, b.name) AS name, greatest(a.name, b.name) AS other, windows
FROM pairs JOIN classes AS a ON a.class_number = one JOIN classes AS b ON b.class_number = other
WHERE coalesce(a.name = $name OR b.name = $name, true)
ORDER BY windows DESC, name, other
"""
COMPARE = f"""
WITH one AS (
    SELECT clip_number, class_number, true AS it FROM highest_labels
    WHERE window_key = $first AND q > $above * {Q_ONE}
), other AS (
    SELECT clip_number, class_number, true AS it FROM highest_labels
    WHERE window_key = $second AND q > $above * {Q_ONE}
), clips_of_both AS (
    SELECT clip_number FROM windows WHERE window_key = $first
    INTERSECT SELECT clip_number FROM windows WHERE window_key = $second
)
SELECT name, count(one.it) AS first, count(other.it) AS second, count(one.it AND other.it) AS both,
    count(*) FILTER (other.it IS NULL) AS first_alone, count(*) FILTER (one.it IS NULL) AS second_alone
FROM one FULL JOIN other USING (clip_number, class_number)
    SEMI JOIN clips_of_both USING (clip_number) JOIN classes USING (class_number)
GROUP BY ALL ORDER BY first_alone + second_alone DESC, name
"""
CLIP = """
SELECT label, start_s, end_s, name, p FROM (
    SELECT 0 AS place, 'weak' AS label, NULL AS window_s, NULL AS start_s, NULL AS end_s, name, NULL AS p
    FROM (SELECT clip_id, name FROM named_weak_labels UNION SELECT clip_id, name FROM model_scores WHERE weak)
    WHERE clip_id = $clip
    UNION ALL
    SELECT 1, 'event', NULL, onset_s, offset_s, name, NULL FROM named_events WHERE clip_id = $clip
    UNION ALL
    SELECT 2, 'window ' || window_key, window_s, start_s, start_s + window_s, name, p
    FROM soft_labels WHERE clip_id = $clip AND p > $above
    UNION ALL
    SELECT 3, 'model ' || model, NULL, NULL, NULL, name, p FROM model_scores WHERE clip_id = $clip AND p > $above
)
ORDER BY place, window_s, label, start_s, p DESC, name
"""
EXPORT = """
SELECT clip_id, window_key, window_s, start_s, start_s + window_s AS end_s, mid, name, p
FROM soft_labels
WHERE window_key = $window AND p > $above
ORDER BY window_id, mid
"""
