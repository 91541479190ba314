WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0383'),
named AS MATERIALIZED (
  SELECT eid, computer, user, coalesce(nullif(process_key, ''), user) AS process, arguments FROM api_calls
  WHERE arguments_like IN (SELECT '%' || value || '%' FROM t WHERE element = 'ReplicaNames') AND api = 'DirectoryModify'
    AND user <> '' AND user NOT LIKE '%$'
),
told AS (SELECT *, row_number() OVER (PARTITION BY computer, process ORDER BY eid) AS place FROM named)
SELECT eid, CAST(eid AS TEXT) AS eids,
  user || ' makes a machine a replica that can push entries into accounts: ' || arguments AS summary,
  'replica' AS how, '' AS object, '' AS sid_added, 0 AS is_privileged
FROM told WHERE place = 1
