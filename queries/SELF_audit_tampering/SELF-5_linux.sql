SELECT eid, CAST(eid AS TEXT) AS eids, 'a run of apiwatch (pid ' || value || ') did not end in order' AS summary, value AS killed_pid
FROM audit_changes
WHERE action = 'killed'
