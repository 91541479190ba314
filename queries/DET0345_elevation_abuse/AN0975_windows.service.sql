WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0975'),
sessions AS MATERIALIZED (
  SELECT eid, time_ns, computer, lower(arguments) AS arguments FROM api_calls
  WHERE arguments_like IN (SELECT value FROM t WHERE element = 'LocalLogons') AND api = 'LsaLogonUser'
),
services AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, target_path, lower(user) AS user FROM api_calls
  WHERE arguments_like = 'action=create service=%' AND api = 'CreateService' AND user <> ''
    AND time >= (SELECT min(time_ns) / 1000000000 FROM sessions) LIMIT -EXISTS (SELECT 1 FROM sessions)
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  coalesce(nullif(path, ''), 'a process') || ' ' || how || ': ' || target_path AS summary, how, target_path AS object
FROM (SELECT *, 'is installed as a service by a network session of this machine itself' AS how FROM services) AS s
WHERE EXISTS (
  SELECT 1 FROM sessions AS l
  WHERE l.computer = s.computer AND l.eid < s.eid AND instr(l.arguments, ' logon_user=' || s.user || ' ') > 0
    AND s.time_ns - l.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'ServiceSeconds')
)
