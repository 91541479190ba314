WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1324'),
served AS MATERIALIZED (
  SELECT eid, time_ns, computer, user, target_path,
    lower(CASE WHEN target_path LIKE '%IPC$%' THEN '\' || target_name ELSE target_path END) AS pipe,
    logon_id IN (SELECT value FROM t WHERE element = 'SystemLogonIds') OR user LIKE '%\SYSTEM' OR name = 'System' AS is_system,
    api = 'CreateNamedPipe'
      AND (system_path = 0 OR user <> '' AND name IN (SELECT value FROM t WHERE element = 'Interpreters')) AS is_server
  FROM api_calls WHERE arguments_like = '%pipe=%' AND api IN ('CreateNamedPipe', 'ConnectNamedPipe')
),
parts AS (
  SELECT *, is_server AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryPipes' AND target_path LIKE value ESCAPE '\') AS is_made
  FROM served
),
met AS (
  SELECT *, max(CASE WHEN is_made AND NOT is_system THEN eid END) OVER pipes AS made,
    max(CASE WHEN is_made AND NOT is_system THEN time_ns END) OVER pipes AS made_ns,
    max(CASE WHEN is_system AND NOT is_made THEN eid END) OVER pipes AS joined,
    max(CASE WHEN is_system AND NOT is_made THEN time_ns END) OVER pipes AS joined_ns
  FROM parts WINDOW pipes AS (PARTITION BY computer, pipe ORDER BY eid)
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, pipe ORDER BY eid) AS place FROM met
  WHERE eid IN (made, joined)
    AND (abs(made_ns - joined_ns) <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
      OR eid = made AND pipe LIKE '%_\pipe\_%')
)
SELECT eid, CASE WHEN joined THEN min(made, joined) || ',' || max(made, joined) ELSE CAST(made AS TEXT) END AS eids,
  'the pipe ' || pipe || ' of a program outside system folders '
    || CASE WHEN joined THEN 'was connected to by SYSTEM' ELSE 'imitates the path of another pipe' END AS summary,
  'pipe' AS how, pipe, user AS from_user
FROM told WHERE place = 1
