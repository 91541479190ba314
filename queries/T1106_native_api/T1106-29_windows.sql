-- id: T1106-29
-- name: Value without a visible name in a Run key
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A value is set in a Run key whose name shows as empty: the name begins with NUL, which only the native API
--   can write and no editor shows. Finds what Elastic rule a9b05c3b-b304-4bf9-970d-acdfaef2944c finds.
-- log_sources: WinEventLog:Sysmon
-- tables: registry_changes
-- extra: key_path, data
-- pyramid_level: 4
-- severity: high
-- interval: 60
-- window: 1
-- tuning:
--   RunKeys | like | key path | %\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\ | apiwatch | Keys whose values are run at logon.
--   RunKeys | like | key path | %\\Software\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Run\\ | apiwatch | Keys whose values are run at logon.
--   RunKeys | like | key path | %\\Software\\Microsoft\\Windows\\CurrentVersion\\Policies\\Explorer\\Run\\ | apiwatch | Keys whose values are run at logon.
-- benign:
--   The default value of a Run key, set by mistake.
-- limits:
--   Sources that leave out the backslash behind the key.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/elastic/detection-rules/blob/main/rules/windows/persistence_via_hidden_run_key_valuename.toml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-29'
),
hits AS (
  SELECT eid, path, key_path, data, row_number() OVER (PARTITION BY process_key, lower(key_path) ORDER BY eid) AS place FROM registry_changes
  WHERE action = 'set_value' AND key_path LIKE '%\Run\' AND data <> ''
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' set a value without a visible name in ' || key_path || ': ' || substr(data, 1, 100) AS summary, key_path, data
FROM hits
WHERE place = 1 AND EXISTS (SELECT 1 FROM t WHERE element = 'RunKeys' AND key_path LIKE value ESCAPE '\')
