package queries

import (
	"slices"
	"testing"
)

func TestAnchors(t *testing.T) {
	w := Way{
		Tables: []string{"process_starts", "script_blocks", "file_changes", "registry_changes"},
		Body: `WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0001'
),
run AS MATERIALIZED (
  SELECT eid, process_key FROM process_starts WHERE name IN (SELECT value FROM t)
),
said AS MATERIALIZED (
  SELECT eid FROM script_blocks WHERE what = 'block' AND command IN (SELECT value FROM t)
),
made AS MATERIALIZED (
  SELECT eid FROM file_changes WHERE process_key IN (SELECT process_key FROM run) LIMIT -EXISTS (SELECT 1 FROM run)
)
SELECT eid, eid AS eids, '' AS summary FROM made JOIN said USING (eid)`,
	}
	if got, want := w.Anchors(), []string{"process_starts", "script_blocks"}; !slices.Equal(got, want) {
		t.Errorf("anchors %v, want %v: the first, and what is asked in any case", got, want)
	}
}
