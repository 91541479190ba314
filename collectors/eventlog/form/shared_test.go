package form

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/scripts/telemetry"
)

// eventLogs are the folders and files of the shared recordings that are Windows event logs; mayBeLogs hold some among others.
var (
	eventLogs = []string{
		"windows_evtx/", "windows_benign_evtx/", "windows_json/", "windows_text/",
		"defender_hunting/panther/windows_credential_dumping_tool.", // event 4688 as Panther's collector keeps it
	}
	mayBeLogs = []string{"linux_sysmon/", "windows_etw/"} // Sysmon for Linux writes event XML, too
)

// otherCount are files whose index counts otherwise than we do, with our count and why.
var otherCount = map[string]struct {
	records uint64
	why     string
}{
	"windows_evtx/benign/log2timeline/System2.evtx": {
		284,
		"cut within its third chunk, which the index's reader gave up: 90 records more",
	},
	"windows_evtx/benign/omerbenamram/sample_with_a_bad_chunk_magic.evtx.gz": {300, "torn chunks: 30 records behind and around the damage"},
	"windows_text/snippets/security_content_winevent_examples.xml.log": {
		47,
		"9 of the index's 56 are lines that hold a date and no event",
	},
	"windows_text/splunk_attack_data/T1547.001_runonce.xml.log": {
		23,
		"the file holds 23 EventCode lines; the index missed the last",
	},
}

// TestShared reads every shared Windows recording and compares the number of records with the index.
func TestShared(t *testing.T) {
	shared := telemetry.Test(t)
	raw, err := os.ReadFile(filepath.Join(shared, "INDEX.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index []struct {
		Path   string
		Events uint64
	}
	if err := json.Unmarshal(raw, &index); err != nil {
		t.Fatal(err)
	}
	type sum struct {
		files          int
		records, index uint64
		bytes          int64
		took           time.Duration
	}
	sums := map[string]*sum{}
	for _, x := range index {
		folder, _, _ := strings.Cut(x.Path, "/")
		under := func(prefix string) bool { return strings.HasPrefix(x.Path, prefix) }
		path := filepath.Join(shared, filepath.FromSlash(x.Path))
		if !slices.ContainsFunc(eventLogs, under) {
			if recognised(path) && !slices.ContainsFunc(mayBeLogs, under) {
				t.Errorf("%s is taken for an event log", x.Path)
			}
			continue
		}
		began := time.Now()
		f, err := Open(path)
		if err != nil {
			t.Error(err)
			continue
		}
		bare := 0
		err = Each(f, func(r *Record) bool {
			if !r.Damaged && (r.EventID == 0 && r.Provider != "Application Error" || r.Provider == "" || r.Channel == "" || r.Computer == "" ||
				r.TimeNS == 0) {
				bare++
			}
			return true
		})
		_ = f.Close()
		s := f.Stats()
		if err != nil {
			t.Errorf("%s: %v", x.Path, err)
		}
		if bare > 0 {
			t.Errorf("%s: %d records without provider, id, channel, host or time", x.Path, bare)
		}
		want := x.Events
		if other, ok := otherCount[x.Path]; ok {
			want = other.records
		}
		if s.Records != want || s.Records == 0 {
			t.Errorf("%s: %d records, want %d: %+v", x.Path, s.Records, want, s)
		}
		key := folder + " as " + s.Form
		if sums[key] == nil {
			sums[key] = &sum{}
		}
		y := sums[key]
		y.files, y.records, y.index, y.bytes, y.took = y.files+1, y.records+s.Records, y.index+x.Events, y.bytes+s.Bytes, y.took+time.Since(began)
	}
	for key, s := range sums {
		t.Logf("%s: %d files, %d records (index: %d), %d MB at %.0f MB/s, %.0f records/s", key, s.files, s.records, s.index, s.bytes>>20,
			float64(s.bytes)/1e6/s.took.Seconds(), float64(s.records)/s.took.Seconds())
	}
}
