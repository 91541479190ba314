-- not yet rewritten
WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0622'),
opened AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, cmdline, parent_path,
    lower(coalesce(nullif(regex_match(cmdline, '"([^"]+[.][Mm][Ss][Cc])', 1), ''), regex_match(cmdline, '([^ "]+[.][Mm][Ss][Cc])', 1))) AS console
  FROM process_starts WHERE name = 'mmc.exe'
),
children AS MATERIALIZED (
  SELECT eid, computer, process_key, parent_process_key, path, parent_path,
    lower(coalesce(nullif(regex_match(parent_cmdline, '"([^"]+[.][Mm][Ss][Cc])', 1), ''), regex_match(parent_cmdline, '([^ "]+[.][Mm][Ss][Cc])', 1))) AS console
  FROM process_starts WHERE parent_name = 'mmc.exe'
),
loaded AS MATERIALIZED (
  SELECT eid, computer, process_key, path, module_path, lower(module_name) AS module_name, is_signed, signature_status FROM module_loads
  WHERE name = 'mmc.exe'
),
strange AS MATERIALIZED (
  SELECT * FROM opened WHERE parent_path <> '' AND parent_path COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'ParentProcessAllowList')
),
spoke AS MATERIALIZED (
  SELECT eid, time_ns, computer, process_key, path, remote_address FROM network_flows
  WHERE process_key IN (SELECT process_key FROM strange) AND is_inbound = 0 AND family <> '' LIMIT -EXISTS (SELECT 1 FROM strange)
),
classes AS MATERIALIZED (
  SELECT eid, time_ns, computer, lower(regex_match(key_path, '(\{[0-9A-Fa-f-]+\})', 1)) AS clsid FROM registry_changes
  WHERE key_name IN ('(default)', 'inprocserver32', 'localserver32') AND action = 'set_value' AND key_path LIKE 'HKU%\CLSID\%Server32%'
  LIMIT -EXISTS (SELECT 1 FROM strange)
),
foreign_consoles AS (
  SELECT eid, computer, process_key, process_key AS mmc, path, console, '' AS module, 'opened the console file ' || console AS did FROM opened
  WHERE NOT (lower(parent_path) = 'c:\windows\explorer.exe' AND EXISTS (SELECT 1 FROM t WHERE element = 'OwnConsoles' AND console LIKE value ESCAPE '\')) OR EXISTS (SELECT 1 FROM t WHERE element = 'HiddenEndings' AND console LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, computer, process_key, parent_process_key, parent_path, console, path, coalesce('with the console file ' || nullif(console, '') || ' ', '') || 'started ' || path FROM children
  WHERE path COLLATE NOCASE NOT IN (SELECT value FROM t WHERE element = 'ExpectedChildren')
),
acts AS (
  SELECT eid, eid AS eids, computer, mmc, path, console, module, did FROM foreign_consoles
  WHERE module <> '' AND (lower(regex_match(module, '[^\\]+$', 0)) IN (SELECT value FROM t WHERE element = 'Interpreters')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ForeignChildren' AND module LIKE value ESCAPE '\')) OR eid IN (SELECT eid FROM opened WHERE cmdline LIKE '%-embedding %.msc%')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'HiddenEndings' AND console LIKE value ESCAPE '\')
    OR EXISTS (SELECT 1 FROM t WHERE element = 'SuspiciousMSCPathRegex' AND console LIKE value ESCAPE '\')
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'AllowedMSCList' AND console LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, eid, computer, process_key, path, '', module_path, 'loaded ' || module_path FROM loaded
  WHERE module_name IN (SELECT lower(value) FROM t WHERE element = 'ScriptEngines')
    OR 1 = (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'SignedToUnsignedTransition') AND (is_signed = 0 OR signature_status NOT IN ('', 'Valid'))
      AND EXISTS (SELECT 1 FROM t WHERE element = 'SuspiciousMSCPathRegex' AND lower(module_path) LIKE value ESCAPE '\')
  UNION ALL
  SELECT n.eid, s.eid || ',' || n.eid, n.computer, n.process_key, n.path, coalesce(s.console, ''), '', 'started by ' || s.parent_path || ' spoke to ' || n.remote_address
  FROM spoke AS n JOIN strange AS s ON s.process_key = n.process_key AND s.eid < n.eid
  WHERE n.time_ns - s.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ExternalIPAllowlist'
      AND CASE WHEN (instr(value, ':') > 0) = (instr(n.remote_address, ':') > 0) THEN in_cidr_block(value, n.remote_address) END)
  UNION ALL
  SELECT s.eid, max(c.eid) || ',' || s.eid, s.computer, s.process_key, s.path, coalesce(s.console, ''), c.clsid, 'started after the class ' || c.clsid || ' was registered'
  FROM strange AS s JOIN classes AS c ON c.computer = s.computer AND c.eid < s.eid
  WHERE s.time_ns - c.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
    AND c.clsid NOT IN (SELECT value FROM t WHERE element = 'AllowedCLSIDs') GROUP BY s.eid
),
ranked AS (SELECT *, row_number() OVER (PARTITION BY computer, mmc ORDER BY eid) AS place FROM acts)
SELECT eid, eids, path || ' ' || did AS summary, coalesce(console, '') AS console_file, module FROM ranked WHERE place = 1
