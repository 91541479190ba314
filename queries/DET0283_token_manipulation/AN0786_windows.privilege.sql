WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0786'),
used AS MATERIALIZED (
  SELECT eid, computer, api, path, user, coalesce(nullif(process_key, ''), logon_id) AS process,
    logon_id IN (SELECT value FROM t WHERE element = 'SystemLogonIds') AS is_service,
    regex_match(arguments, 'enabled=([A-Za-z ]+)( [a-z_]+=|$)', 1) AS privileges
  FROM api_calls
  WHERE arguments_like IN (SELECT '%enabled=%' || value || '%' FROM t WHERE element IN ('TokenPrivileges', 'CheckedPrivileges'))
    AND api IN ('AdjustTokenPrivileges', 'PrivilegeCheck') AND system_path = 0 AND path <> '' AND success IS NOT 0
),
told AS (
  SELECT *, row_number() OVER (PARTITION BY computer, api, process ORDER BY eid) AS place FROM used
  WHERE EXISTS (
      SELECT 1 FROM t WHERE element = CASE api WHEN 'PrivilegeCheck' THEN 'CheckedPrivileges' ELSE 'TokenPrivileges' END
        AND instr(privileges, value) > 0
    )
    AND (NOT is_service OR EXISTS (SELECT 1 FROM t WHERE element = 'OddFolders' AND path LIKE value ESCAPE '\'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'KnownAdminTools' AND path LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  path || ' of ' || user || CASE api WHEN 'PrivilegeCheck' THEN ' used ' ELSE ' enabled ' END || privileges AS summary,
  CASE api WHEN 'PrivilegeCheck' THEN 'trusted' ELSE 'privilege' END AS how, user AS from_user, '' AS to_user
FROM told WHERE place = 1
