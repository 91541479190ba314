package engine

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
	"github.com/apiwatch/apiwatch/collectors/lineage"
	"github.com/apiwatch/apiwatch/collectors/recording"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/tables"
)

// shown is where an event of a log is shown, and as what.
type shown struct{ provider, id, source, table, api string }

// mapped takes the events of single records.
type mapped struct {
	lineage *lineage.Lineage
	store   *store.Store
	eids    []int64
	of      map[int64]*form.Record // by the event's eid: where it was found
}

// decodedRecords takes the events of recordings that hold one record of each.
func decodedRecords(t *testing.T, paths ...string) *mapped {
	t.Helper()
	m := &mapped{lineage: lineage.New(new(recording.Facts)), store: store.NewStore(0, 1), of: make(map[int64]*form.Record)}
	for _, path := range paths {
		f, err := form.Open(decoded(path))
		if err != nil {
			t.Fatal(err)
		}
		var mapper meaning.Mapper
		if err := form.Each(f, func(r *form.Record) bool {
			m.eids = m.eids[:0]
			mapper.Map(r, m)
			for _, eid := range m.eids {
				m.of[eid] = &form.Record{Provider: strings.Clone(r.Provider), Channel: strings.Clone(r.Channel), EventID: r.EventID}
			}
			return true
		}); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	return m
}

func (m *mapped) Draft(d *collectors.Draft) {
	m.lineage.Resolve(d)
	m.eids = append(m.eids, m.store.Add(d.Event))
}

func (m *mapped) Lifecycle(collectors.Lifecycle) {}

// everyTable gives the rows of each evented table as column → value.
func everyTable(t *testing.T, d *tables.Data, yield func(table string, row map[string]string)) {
	t.Helper()
	for _, table := range tables.All(d) {
		if table.Kinds == nil && table.Name != "api_event_map" {
			continue
		}
		rows, err := table.Generate(t.Context(), &tables.Query{})
		if err != nil {
			t.Fatal(err)
		}
		for r := range rows {
			row := make(map[string]string)
			for i, c := range table.Columns {
				row[c.Name] = r.Value(i).String()
			}
			yield(table.Name, row)
		}
	}
}

// TestAPIEventMap holds what api_event_map says to what the decoders do: each event of a log is in the recordings that have one
// record of each, is shown in the table named as the API named, and each system call is one that a rule of ours asks for.
func TestAPIEventMap(t *testing.T) {
	m := decodedRecords(t, "eventlog/windows.xml", "etw/windows.xml")
	seen := make(map[shown]bool)
	names := make(map[string]bool)
	var rows []map[string]string
	everyTable(t, &tables.Data{Store: m.store}, func(table string, row map[string]string) {
		if table == "api_event_map" {
			rows = append(rows, row)
			return
		}
		eid, err := strconv.ParseInt(row["eid"], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		r := m.of[eid]
		seen[shown{r.Provider, strconv.FormatUint(uint64(r.EventID), 10), row["log_source"], table, row["api"]}] = true
	})
	for _, table := range tables.All(new(tables.Data)) {
		names[table.Name] = true
	}
	asked := make(map[string]bool)
	for _, r := range audit.Rules(audit.DefaultWatchPaths()) {
		for _, call := range r.Syscalls {
			asked[call] = true
		}
	}
	platforms := make(map[string]int)
	facts := make(map[[5]string]bool)
	for _, row := range rows {
		at := row["api"] + " on " + row["provider"] + " " + row["event_id"]
		platforms[row["platform"]]++
		fact := [5]string{row["api"], row["provider"], row["event_id"], row["shown_in"], row["shown_as"]}
		if facts[fact] {
			t.Errorf("%s stands twice", at)
		}
		facts[fact] = true
		if !names[row["shown_in"]] {
			t.Errorf("%s: there is no table %s", at, row["shown_in"])
		}
		if !strings.HasPrefix(row["reference"], "https://") || strings.ContainsAny(row["reference"], "{} ") {
			t.Errorf("%s: the reference is %q", at, row["reference"])
		}
		if row["api"] == "" || row["event_name"] == "" || !slices.Contains([]string{"3", "4", "5"}, row["pyramid_level"]) ||
			!slices.Contains([]string{"K", "U", "A"}, row["pyramid_column"]) {
			t.Errorf("%s is not whole: %v", at, row)
		}
		if row["provider"] == "audit" {
			if !asked[row["api"]] {
				t.Errorf("%s: no rule asks for it", at)
			}
			continue
		}
		if s := (shown{row["provider"], row["event_id"], row["log_source"], row["shown_in"], row["shown_as"]}); !seen[s] {
			t.Errorf("%s: no record is shown so: %+v", at, s)
		}
	}
	if platforms["windows"] < 60 || platforms["linux"] < 20 {
		t.Errorf("%v rows", platforms)
	}
	for call := range asked {
		if !slices.ContainsFunc(rows, func(r map[string]string) bool { return r["provider"] == "audit" && r["api"] == call }) {
			t.Errorf("the system call %s, which a rule asks for, is missing", call)
		}
	}
}

// TestAPIEventMapOfCalls holds the system calls to the recording that has one of each kind.
func TestAPIEventMapOfCalls(t *testing.T) {
	e, _ := replayed(t, filepath.Join("..", "..", "testdata", "decode", "audit", "calls.log"))
	seen := make(map[[2]string]bool)
	calls := make(map[string]bool)
	var rows []map[string]string
	everyTable(t, &tables.Data{Store: e.store}, func(table string, row map[string]string) {
		if table == "api_event_map" {
			rows = append(rows, row)
			return
		}
		seen[[2]string{table, row["api"]}] = true
		calls[row["api"]] = true
	})
	checked := 0
	for _, row := range rows {
		if row["provider"] != "audit" || !calls[row["shown_as"]] {
			continue
		}
		checked++
		if !seen[[2]string{row["shown_in"], row["shown_as"]}] {
			t.Errorf("%s is not shown in %s", row["api"], row["shown_in"])
		}
	}
	if checked < 15 {
		t.Errorf("only %d system calls are in the recording", checked)
	}
}
