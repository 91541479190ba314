-- id: T1106-01
-- name: Named pipe of the Turla group
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: windows
-- description: A named pipe is made or opened whose whole name is one of those that Turla used. Finds what Sigma rule
--   739915e4-1e70-4778-8b8a-17db02f66db1 finds.
-- log_sources: WinEventLog:Sysmon
-- tables: pipe_events
-- extra: pipe_name
-- pyramid_level: 2
-- severity: critical
-- interval: 60
-- window: 1
-- tuning:
--   PipeNames | text | last part of the pipe name | atctl | apiwatch | Names of pipes.
--   PipeNames | text | last part of the pipe name | comnap | apiwatch | Names of pipes.
--   PipeNames | text | last part of the pipe name | iehelper | apiwatch | Names of pipes.
--   PipeNames | text | last part of the pipe name | sdlrpc | apiwatch | Names of pipes.
--   PipeNames | text | last part of the pipe name | userpipe | apiwatch | Names of pipes.
-- benign:
--   None is known.
-- limits:
--   A pipe of any other name.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/SigmaHQ/sigma/blob/master/rules-emerging-threats/2017/TA/Turla/pipe_created_apt_turla_named_pipes.yml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-01'
),
hits AS (
  SELECT eid, pipe_name, path, row_number() OVER (PARTITION BY process_key, lower(pipe_name) ORDER BY eid) AS place FROM pipe_events
  WHERE pipe_leaf IN (SELECT value FROM t WHERE element = 'PipeNames')
  LIMIT -EXISTS (SELECT 1 FROM t WHERE element = 'PipeNames')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' used the named pipe ' || pipe_name AS summary, pipe_name FROM hits
WHERE place = 1 AND EXISTS (SELECT 1 FROM t WHERE element = 'PipeNames' AND lower(pipe_name) = '\' || lower(value))
