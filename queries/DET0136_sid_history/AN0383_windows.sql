-- not yet rewritten
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0383'
),
changed AS MATERIALIZED (
  SELECT eid, time_ns, computer, user, user_sid, object, object_sid, value, operation, action, success FROM directory_changes WHERE attribute LIKE '%sidhistory%'
),
scripted AS MATERIALIZED (
  SELECT eid, computer, process_key, user, script_text AS said, 'script' AS how FROM script_blocks WHERE script_text_like IN (SELECT value FROM t WHERE element = 'SIDHistoryFunctions')
),
typed AS MATERIALIZED (
  SELECT eid, computer, process_key, user, CASE api WHEN 'CreateProcess' THEN cmdline WHEN 'DirectoryModify' THEN arguments ELSE 'DsAddSidHistory' END AS said,
    CASE api WHEN 'CreateProcess' THEN 'command' WHEN 'DirectoryModify' THEN 'replica' ELSE 'call' END AS how
  FROM api_calls WHERE api IN ('CreateProcess', 'DirectoryModify', 'drsuapi.IDL_DRSAddSidHistory')
    AND arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element IN ('SIDHistoryFunctions', 'ReplicaNames') UNION SELECT '%operation=%')
),
added AS (
  SELECT *, lower(coalesce(regex_match(object, '^[Cc][Nn]=([^,]+),', 1), regex_match(object, '([^\\]+)$', 1))) AS account,
    CASE WHEN value LIKE '%SidHistory=%' THEN trim(regex_match(value, 'SidHistory=%*[{]?([^}\n]*)', 1)) ELSE trim(value) END AS sid
  FROM changed WHERE operation <> 'delete'
),
judged AS (
  SELECT *, EXISTS (SELECT 1 FROM t WHERE element = 'PrivilegedSIDList' AND sid LIKE value ESCAPE '\') AS is_privileged,
    (SELECT value FROM t WHERE element = 'ForeignEntries') = '0' AND success IS NOT 0 AND regex_match(sid, '^(S-1-5-21-[0-9]+-[0-9]+-[0-9]+)-[0-9]{4,}$', 1)
      <> regex_match(coalesce(nullif(object_sid, ''), user_sid), '^(S-1-5-21-[0-9]+-[0-9]+-[0-9]+)-[0-9]+$', 1) AS is_foreign, user COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'UserContextFilter')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'AllowedSIDHistoryChanges' AND object LIKE value ESCAPE '\') AS is_allowed,
    lag(time_ns, (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'AnomalousSIDCountThreshold')) OVER (PARTITION BY computer, account ORDER BY eid) AS one_too_many_ns
  FROM (SELECT *, row_number() OVER (PARTITION BY computer, account, sid, success ORDER BY eid) AS nth FROM added WHERE sid <> '') WHERE nth = 1
),
hits AS (
  SELECT eid, computer || '|' || account AS story, 'change' AS how, object, sid AS sid_added, is_privileged,
    coalesce(nullif(user, ''), 'somebody') || CASE success WHEN 0 THEN ' tried to add ' ELSE ' added ' END || sid || ' to the SID history of ' || object AS summary
  FROM judged
  WHERE NOT is_allowed AND is_foreign IS NOT 1 OR is_privileged
    OR time_ns - one_too_many_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL
  SELECT eid, computer || '|' || coalesce(nullif(process_key, ''), user), how, '', '', 0,
    CASE how WHEN 'replica' THEN user || ' makes a machine a replica that can push entries into accounts: ' || said ELSE 'a ' || how || ' of ' || coalesce(nullif(user, ''), 'a user') || ' adds to a SID history' END
  FROM (SELECT * FROM scripted UNION ALL SELECT * FROM typed)
  WHERE CASE how WHEN 'replica' THEN user <> '' AND user NOT LIKE '%$' ELSE EXISTS (SELECT 1 FROM t WHERE element = 'SIDHistoryFunctions' AND said LIKE value ESCAPE '\') END
)
SELECT eid, eid AS eids, summary, how, object, sid_added, is_privileged FROM (SELECT *, row_number() OVER (PARTITION BY story ORDER BY eid) AS place FROM hits) WHERE place = 1
