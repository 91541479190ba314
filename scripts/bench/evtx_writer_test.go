package main

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// TestEVTXWriter writes every record of the benign recordings as .evtx and reads the same records back.
func TestEVTXWriter(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("..", "..", "testdata", "benign", "windows-*.eventlog.xml.gz"))
	if err != nil || len(paths) == 0 {
		t.Fatal("there are no recordings", err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "written.evtx"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, err := NewEVTXWriter(file)
	if err != nil {
		t.Fatal(err)
	}
	var want []form.Record
	for _, path := range paths {
		in, err := form.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		err = form.Each(in, func(r *form.Record) bool {
			kept := *r
			kept.Fields = slices.Clone(r.Fields)
			kept.RecordID = uint64(len(want) + 1)
			kept.Offset, kept.Message = 0, ""
			if err := w.Write(&kept); err != nil {
				t.Fatal(err)
			}
			want = append(want, kept)
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		in.Close()
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := form.Open(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	i := 0
	if err := form.Each(out, func(r *form.Record) bool {
		got := *r
		got.Offset = 0
		if i < len(want) && !reflect.DeepEqual(got, want[i]) {
			t.Fatalf("record %d\nread    %+v\nwritten %+v", i, got, want[i])
		}
		i++
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if st := out.Stats(); i != len(want) || i < 1000 || st.Damaged+st.DamagedChunks != 0 || st.SkippedBytes != 0 || st.Dirty || st.Chunks < 2 {
		t.Errorf("%d of %d records, %+v", i, len(want), st)
	}
}
