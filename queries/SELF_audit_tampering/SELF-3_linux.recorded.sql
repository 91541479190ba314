WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'SELF-3'
),
added AS MATERIALIZED (
  SELECT eid, rule_list, path, coalesce(auid, -1) AS auid, parent_cmdline FROM audit_changes
  WHERE action = 'add_rule' AND success = 1 AND rule_list IN (SELECT value FROM t WHERE element = 'Lists')
)
SELECT eid, CAST(eid AS TEXT) AS eids,
  CASE WHEN path <> '' THEN path WHEN auid >= 0 THEN 'login ' || auid ELSE 'somebody' END
    || ' added an audit rule to the list ' || rule_list AS summary,
  rule_list AS hides
FROM added
WHERE rule_list <> ''
  AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OwnPrograms' AND path LIKE value ESCAPE '\')
  AND NOT (auid < 0 AND (path = '' OR EXISTS (SELECT 1 FROM t WHERE element = 'LoaderPaths' AND path LIKE value ESCAPE '\')
    AND (parent_cmdline = '' OR EXISTS (SELECT 1 FROM t WHERE element = 'LoaderParents' AND parent_cmdline LIKE value ESCAPE '\'))))
