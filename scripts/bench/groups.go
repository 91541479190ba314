package main

// groups are all measures, in the order in which they run.
var groups = []group{
	{name: "decode", run: decode, measures: []Measure{
		Measure{Name: "decode_mprotect_events", Unit: "events/s", How: "one core; the records of an mprotect again and again, grouped, " +
			"scanned and made an event; go-libaudit: Parse and Data() of each record, no event made"}.atLeast(value, 250_000).atLeast(ratio, 10),
		{Name: "decode_mprotect_records", Unit: "records/s", How: "the same run"},
		Measure{Name: "decode_mprotect_allocations", Unit: "a record", How: "counted over 2,000 events"}.atMost(value, 0),
		Measure{Name: "decode_execve_events", Unit: "events/s", How: "likewise for an execve of seven records"}.atLeast(ratio, 10),
		{Name: "decode_execve_records", Unit: "records/s", How: "the same run"},
		{Name: "decode_execve_allocations", Unit: "a record", How: "counted over 2,000 events: what the event itself keeps"},
		Measure{Name: "decode_mixture_events", Unit: "events/s", How: "likewise for every event of testdata/decode/audit/calls.log, " +
			"one of each sort of call"}.atLeast(ratio, 10),
		{Name: "decode_mixture_records", Unit: "records/s", How: "the same run"},
	}},
	{name: "rows", run: rows, measures: []Measure{
		Measure{Name: "socket_rows", Unit: "s", How: "50,000 rows of 20 columns of api_calls over a unix socket, generated, " +
			"sent and decoded by the test host; osquery-go: its server and transport as they are by default, the same rows"}.atMost(value, 1),
	}},
	{name: "detections", run: detections, measures: []Measure{
		Measure{Name: "detection_slowest", Unit: "ms", How: "the slowest detection of Linux over a full store, through the socket"}.atMost(value,
			1000),
		{Name: "detections_all", Unit: "ms", How: "all of them, one after the other"},
		{Name: "detection_most_rows", Unit: "rows", How: "what any one of them drew through the socket"},
	}},
	{name: "evtx", run: evtx, measures: []Measure{
		Measure{Name: "evtx_decode_events", Unit: "events/s", How: "a core; an .evtx of ordinary work on Windows decoded and mapped to " +
			"events; velocidex/evtx: the same file parsed, nothing mapped; by processor time"}.atLeast(value, 40_000),
		Measure{Name: "evtx_decode_size", Unit: "MB/s", How: "the same run"}.atLeast(value, 20),
		Measure{Name: "evtx_replay_events", Unit: "events/s", How: "a core; `replay` of the same file by the binary, " +
			"all detections of Windows on, by processor time; the rival's figure is a published one"}.atLeast(value, 40_000).atLeast(ratio, 1),
		Measure{Name: "evtx_replay_size", Unit: "MB/s", How: "the same run"}.atLeast(value, 20),
		{Name: "windows_memory", Unit: "MB", How: "the highest resident memory of that replay"},
	}},
	{name: "samples", run: samples, measures: []Measure{
		{Name: "evtx_samples", Unit: "events/s", How: "a core; `replay` of a folder of many small .evtx, each a machine of its own"},
		{Name: "evtx_samples_size", Unit: "MB/s", How: "the same run"},
	}},
	{name: "cpu_exec", run: live(liveLoads[0]), measures: []Measure{
		Measure{Name: "cpu_exec", Unit: "% of a core", How: "the binary's processor time while a generator starts 1,000 tiny programs a " +
			"second: decode, enrichment, store and detections; auditd: raw format, as Debian ships it, the same rules"}.atMost(ratio, 0.5),
	}},
	{name: "cpu_calls", run: live(liveLoads[1]), measures: []Measure{
		Measure{Name: "cpu_calls", Unit: "% of a core", How: "likewise at 10,000 matched mprotect calls a second"}.atMost(ratio, 0.5),
	}},
	{name: "loss", run: loss, measures: []Measure{
		Measure{Name: "loss", Unit: "events", How: "mprotect calls at 10,000 a second against the events stored and what the kernel and we " +
			"count as lost"}.atMost(value, 0),
	}},
	{name: "memory", run: memory, measures: []Measure{
		Measure{Name: "memory", Unit: "MB", How: "the binary's highest VmRSS with a store that live calls have filled, " +
			"while detections and table scans run through the socket"}.atMost(value, 64),
		{Name: "memory_peak", Unit: "MB", How: "VmHWM of the same process"},
		Measure{Name: "detection_slowest_live", Unit: "ms", How: "the slowest detection of the same run"}.atMost(value, 1000),
	}},
	{name: "idle", run: idle, measures: []Measure{
		{Name: "cpu_idle", Unit: "% of a core", How: "the binary's processor time while nothing is asked of it"},
	}},
}
