WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN0620'),
connected AS MATERIALIZED (
  SELECT eid, process_key, path, user, cmdline, remote_address FROM network_flows WHERE family = 'unix' AND system_path = 0
),
suspicious AS (
  SELECT *, row_number() OVER (PARTITION BY process_key ORDER BY eid) AS place FROM connected
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'SoundSockets' AND remote_address LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'DroppedPrograms' AND path LIKE value ESCAPE '\')
    AND user NOT IN (SELECT value FROM t WHERE element = 'UserContext')
)
SELECT eid, eid AS eids, path || ', which was dropped, connected to the sound server ' || remote_address AS summary,
  remote_address AS object, cmdline AS words
FROM suspicious
WHERE place = 1
