WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-32'
),
opened AS MATERIALIZED (
  SELECT eid, time_ns, process_key, path, cmdline, granted_access FROM process_accesses
  WHERE target_name = 'lsass.exe' AND granted_access = '0x1fffff'
),
adjusted AS MATERIALIZED (
  SELECT eid, time_ns, process_key FROM token_changes
  WHERE process_key IN (SELECT process_key FROM opened WHERE process_key <> '') AND enabled_privileges LIKE '%SeDebugPrivilege%'
  LIMIT -EXISTS (SELECT 1 FROM opened WHERE process_key <> '')
),
both AS (
  SELECT eid, time_ns, process_key, path, granted_access, 1 AS opens FROM opened AS o
  WHERE NOT EXISTS (SELECT 1 FROM t WHERE element = 'CommandsExcluded' AND o.path || ' > ' || o.cmdline LIKE value ESCAPE '\')
  UNION ALL SELECT eid, time_ns, process_key, '', '', 0 FROM adjusted
),
paired AS (
  SELECT *, max(CASE WHEN opens THEN eid END) OVER w AS opened_eid, max(CASE WHEN opens THEN time_ns END) OVER w AS opened_ns,
    max(CASE WHEN NOT opens THEN eid END) OVER w AS adjusted_eid, max(CASE WHEN NOT opens THEN time_ns END) OVER w AS adjusted_ns,
    max(path) OVER w AS opener, max(granted_access) OVER w AS mask
  FROM both WINDOW w AS (PARTITION BY process_key ORDER BY eid)
),
complete AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM paired
  WHERE opened_eid > 0 AND adjusted_eid > 0
    AND abs(opened_ns - adjusted_ns) <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, min(opened_eid, adjusted_eid) || ',' || max(opened_eid, adjusted_eid) AS eids,
  opener || ' opened LSASS with all access and got SeDebugPrivilege' AS summary, mask AS granted_access
FROM complete
WHERE place = 1
