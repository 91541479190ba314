WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-31'
),
called AS MATERIALIZED (
  SELECT eid, process_key, path, pid, target_pid, target_path, api FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'APIs')
  LIMIT -EXISTS (SELECT 1 FROM t WHERE element = 'APIs')
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY process_key, path ORDER BY eid) AS place FROM called AS c
  WHERE path <> '' AND pid <> target_pid AND target_path <> ''
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'TrustedFolders' AND c.path LIKE value ESCAPE '\')
    AND lower(rtrim(target_path, replace(target_path, '\', ''))) <> lower(rtrim(path, replace(path, '\', '')))
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' called ' || api || ' on ' || target_path AS summary, api FROM hits WHERE place = 1
