SELECT eid, CAST(eid AS TEXT) AS eids,
  'the audit rule ' || setting || ' brought ' || value || ' records a second and is left out for ' || old_value || ' for a while'
    AS summary,
  setting, value, old_value AS left_out
FROM audit_changes
WHERE action = 'withdrawn'
