package tables

import (
	"iter"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/queries"
)

// Data is what the tables read. The extension fills it once; a field that is nil leaves its tables empty.
type Data struct {
	Store *store.Store
	// Detections gives how every analytic fares now; Tuning gives every tuning value in force. Neither result is changed.
	Detections func() []queries.Status
	Tuning     func() []queries.TuningRow
	// Health gives the state of sources and stages; the store's own rows are added.
	Health func() []collectors.Health
	// Feeds are those that the collectors declare: which platforms a table has anything on follows from them.
	Feeds []collectors.Feed
	// Mappings scans the memory of running processes, in bounded time.
	Mappings Scanner
	// Tokens and ThreadStarts do so for access tokens and threads.
	Tokens       TokenScanner
	ThreadStarts ThreadScanner
	// CodePatches compares code with its files.
	CodePatches CodeScanner
	// OpenFiles scans descriptors for those of sensitive files.
	OpenFiles OpenFileScanner
	// Tracers scans for threads that are traced.
	Tracers TracerScanner
	// Prevalence gives what the host has seen, and how often.
	Prevalence func(q *PrevalenceQuery) iter.Seq[Combination]
	// Now is the clock that ages are told by: the newest event's time in a replay. nil means the machine's.
	Now func() time.Time
}

func (d *Data) now() time.Time {
	if d.Now == nil {
		return time.Now()
	}
	return d.Now()
}

// All lists every table, by name. A new table is one file and one line here.
func All(d *Data) []*Table {
	all := []*Table{
		apiCalls(d),
		apiEventMap(d),
		auditChanges(d),
		codePatches(d),
		collectorHealth(d),
		detectionTuning(d),
		detections(d),
		directoryChanges(d),
		eventlogRecords(d),
		fileAccesses(d),
		fileChanges(d),
		findings(d),
		logons(d),
		memoryProtections(d),
		moduleLoads(d),
		networkFlows(d),
		openSensitiveFiles(d),
		pipeEvents(d),
		prevalence(d),
		processAccesses(d),
		processModifications(d),
		processStarts(d),
		processTokens(d),
		ptraceEvents(d),
		registryChanges(d),
		registryRequests(d),
		remoteThreads(d),
		rwxMappings(d),
		scheduledTaskChanges(d),
		scriptBlocks(d),
		serviceChanges(d),
		threadStarts(d),
		tokenChanges(d),
		tracerState(d),
		wordLists(d),
	}
	for _, t := range all {
		if t.Platforms == nil {
			t.Platforms = collectors.Platforms(d.Feeds, t.Name)
		}
	}
	return all
}
