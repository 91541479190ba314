WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0903'),
started AS MATERIALIZED (
  SELECT eid, time_ns, computer, name, user, ancestry, parent_name, trim(coalesce(nullif(cmdline, ''), path), ' "') AS cmdline
  FROM api_calls WHERE api = 'CreateProcess' AND object_name IN (SELECT value FROM t WHERE element = 'ConnectionPrograms')
    AND arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element = 'CommandPatternList')
),
commands AS (
  SELECT *, row_number() OVER (PARTITION BY computer, lower(user),
    coalesce((SELECT max(regex_match(lower(cmdline), value, 0)) FROM t WHERE element = 'CommandKinds'), name) ORDER BY eid) AS nth
  FROM started WHERE EXISTS (SELECT 1 FROM t WHERE element = 'CommandPatternList' AND cmdline LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ConnectionChanges' AND cmdline LIKE value ESCAPE '\')
),
paired AS ( -- with another command of the same user before
  SELECT *, CASE nth WHEN 1 THEN lag(eid) OVER firsts END AS before, CASE nth WHEN 1 THEN time_ns - lag(time_ns) OVER firsts END AS gap
  FROM commands WINDOW firsts AS (PARTITION BY computer, lower(user), nth = 1 ORDER BY eid)
),
hits AS (
  SELECT *, row_number() OVER (PARTITION BY computer, lower(user) ORDER BY eid) AS place,
    gap <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow') AS is_second FROM paired
  WHERE gap <= 1000000000 * (SELECT value FROM t WHERE element = 'TimeWindow')
    OR lower(parent_name) IN (SELECT value FROM t WHERE element = 'SuspiciousParentProcesses')
    OR NOT EXISTS (SELECT 1 FROM t
      WHERE element = 'InteractiveParents' AND replace(ancestry, '\\', '\') LIKE '%' || value || '%' ESCAPE '\')
)
SELECT eid, CASE WHEN is_second THEN before || ',' ELSE '' END || eid AS eids,
  coalesce(nullif(user, ''), 'a user') || ' listed connections: ' || cmdline AS summary, 'command' AS how, cmdline AS command
FROM hits WHERE place = 1
