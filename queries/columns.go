package queries

import "slices"

// FindingColumn is a column that every finding has.
type FindingColumn struct {
	Name, Description string
	Number            bool // BIGINT; else text

	from  origin
	value func(d *Detection, w *Way) string // of a constant
}

// origin is where the SQL of a detection takes a column from.
type origin uint8

const (
	constant  origin = iota // the metadata
	returned                // what the way's own SQL returns
	completer               // the event that completes the chain
	hashed                  // made of the analytic, its process and its event
)

// findingColumns are the columns that every finding has, in this order, before what is particular to its analytic.
var findingColumns = []FindingColumn{
	{"detection", "ATT&CK's id of the analytic.", false, constant, func(d *Detection, _ *Way) string { return d.ID }},
	{"way", "Which of the analytic's ways; empty where there is one.", false, constant, func(_ *Detection, w *Way) string { return w.Name }},
	{"strategy", "ATT&CK's id of the detection strategy.", false, constant, func(d *Detection, _ *Way) string { return d.Strategy }},
	{"technique", "ATT&CK's id of the technique.", false, constant, func(d *Detection, _ *Way) string { return d.Technique }},
	{"severity", "low, medium, high or critical.", false, constant, func(_ *Detection, w *Way) string { return w.Severity }},
	{"time", "When the event that completed the chain happened, Unix seconds.", true, completer, nil},
	{"summary", "What happened, in a sentence.", false, returned, nil},
	{"finding_id", "Identifies the finding: the same from the evaluator and from the analytic's own scheduled query.", false, hashed, nil},
	{"pid", "Process id of the process found.", true, completer, nil},
	{"process_key", "Its key: boot, pid and start time.", false, completer, nil},
	{"path", "Its executable path.", false, completer, nil},
	{"cmdline", "Its command line.", false, completer, nil},
	{"parent_path", "Executable path of the process that created it.", false, completer, nil},
	{"user", "User it ran as.", false, completer, nil},
	{"container_id", "Container it ran in.", false, completer, nil},
	{"target_pid", "Process id of the target.", true, completer, nil},
	{"target_path", "Executable path of the target process, or the file acted on.", false, completer, nil},
	{"eids", "Event ids of the chain, ascending, separated by commas.", false, returned, nil},
}

// FindingColumns gives the columns that every finding has, in order.
func FindingColumns() []FindingColumn { return slices.Clone(findingColumns) }

// CommonColumns gives their names.
func CommonColumns() []string {
	names := make([]string, len(findingColumns))
	for i, c := range findingColumns {
		names[i] = c.Name
	}
	return names
}

// BodyColumns gives the columns that the way's own SQL returns, in order.
func (w *Way) BodyColumns() []string { return append([]string{"eid", "eids", "summary"}, w.Extra...) }

// Columns gives the columns of a finding of this way, in order.
func (w *Way) Columns() []string { return append(CommonColumns(), w.Extra...) }
