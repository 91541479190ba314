SELECT eid, CAST(eid AS TEXT) AS eids,
  'an audit rule appeared that hides what apiwatch would see (' || setting || '); of that kind there are ' || value AS summary,
  setting AS hides
FROM audit_changes
WHERE action = 'hidden'
