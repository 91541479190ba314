WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0383'),
changed AS MATERIALIZED (
  SELECT eid, time_ns, computer, user, user_sid, object, object_sid, value, success FROM directory_changes
  WHERE attribute LIKE '%sidhistory%' AND operation <> 'delete'
),
added AS (
  SELECT *, lower(coalesce(regex_match(object, '^[Cc][Nn]=([^,]+),', 1), regex_match(object, '([^\\]+)$', 1))) AS account,
    trim(CASE WHEN value LIKE '%SidHistory=%' THEN regex_match(value, 'SidHistory=%*[{]?([^}\n]*)', 1) ELSE value END) AS sid
  FROM changed
),
distinct_entries AS (
  SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY computer, account, sid, success ORDER BY eid) AS nth FROM added WHERE sid <> '')
  WHERE nth = 1
),
judged AS (
  SELECT *, EXISTS (SELECT 1 FROM t WHERE element = 'PrivilegedSIDList' AND sid LIKE value ESCAPE '\') AS is_privileged,
    (SELECT value FROM t WHERE element = 'ForeignEntries') = '0' AND success IS NOT 0
      AND regex_match(sid, '^(S-1-5-21-[0-9]+-[0-9]+-[0-9]+)-[0-9]{4,}$', 1)
        <> regex_match(coalesce(nullif(object_sid, ''), user_sid), '^(S-1-5-21-[0-9]+-[0-9]+-[0-9]+)-[0-9]+$', 1) AS is_foreign,
    user COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'UserContextFilter')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'AllowedSIDHistoryChanges' AND object LIKE value ESCAPE '\') AS is_allowed,
    lag(time_ns, (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'AnomalousSIDCountThreshold')) OVER entries AS one_too_many_ns
  FROM distinct_entries WINDOW entries AS (PARTITION BY computer, account ORDER BY eid)
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, account ORDER BY eid) AS place FROM judged
  WHERE NOT is_allowed AND is_foreign IS NOT 1 OR is_privileged
    OR time_ns - one_too_many_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(user, ''), 'somebody')
    || CASE success WHEN 0 THEN ' tried to add ' ELSE ' added ' END || sid || ' to the SID history of ' || object AS summary,
  'change' AS how, object, sid AS sid_added, is_privileged
FROM told WHERE place = 1
