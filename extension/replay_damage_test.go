package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// damagedLog is an .evtx of one chunk, which holds a record that is not one.
func damagedLog() []byte {
	const header, chunk, records = 4096, 65536, 512
	b := make([]byte, header+chunk)
	le := binary.LittleEndian
	copy(b, "ElfFile\x00")
	le.PutUint32(b[32:], 128)
	le.PutUint16(b[40:], header)
	le.PutUint32(b[124:], crc32.ChecksumIEEE(b[:120]))
	c := b[header:]
	copy(c, "ElfChnk\x00")
	le.PutUint32(c[40:], 128)
	le.PutUint32(c[48:], records+64)
	r := c[records:]
	copy(r, "**\x00\x00")
	le.PutUint32(r[4:], 64)
	le.PutUint64(r[8:], 1)
	r[24] = 0xee // no token
	le.PutUint32(r[60:], 64)
	le.PutUint32(c[52:], crc32.ChecksumIEEE(c[records:records+64]))
	le.PutUint32(c[124:], crc32.Update(crc32.ChecksumIEEE(c[:120]), crc32.IEEETable, c[128:records]))
	return b
}

// A replay tells on stderr how much of its files was broken, which files, and where.
func TestReplayTellsOfDamage(t *testing.T) {
	dir := t.TempDir()
	whole, broken := damagedLog(), damagedLog()
	copy(whole[4096+512:], make([]byte, 64)) // no record at all
	binary.LittleEndian.PutUint32(whole[4096+48:], 512)
	binary.LittleEndian.PutUint32(whole[4096+52:], 0)
	c := whole[4096:]
	binary.LittleEndian.PutUint32(c[124:], crc32.Update(crc32.ChecksumIEEE(c[:120]), crc32.IEEETable, c[128:512]))
	for name, b := range map[string][]byte{"whole.evtx": whole, "broken.evtx": broken, "two\nlines.evtx": broken[:4096+3000]} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"replay", "--json", dir}, &app{stdout: &stdout, stderr: &stderr}); code != 0 {
		t.Errorf("exit status %d: damage is no failure", code)
	}
	got := stderr.String()
	for _, want := range []string{
		"3 files, 0 events\ndamaged: 2 files, with 2 records broken or lost; ",
		"broken.evtx: 1 record: at byte 4608: a record is broken: unknown token",
		`two\nlines.evtx: 1 record: at byte 4096: the chunk is cut off`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("stderr lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "whole.evtx") || stdout.Len() > 0 {
		t.Errorf("%s\n%s", stdout.String(), got)
	}
	stderr.Reset()
	if run(t.Context(), []string{"replay", filepath.Join(dir, "whole.evtx")},
		&app{stdout: &stdout, stderr: &stderr}); strings.Contains(stderr.String(), "damaged") {
		t.Errorf("a whole file is damaged: %s", stderr.String())
	}
}

// A query over a recording that breaks off gives what stands before, says so on stderr and fails.
func TestQueryOfABrokenRecording(t *testing.T) {
	const record = `{"EventID":1,"SourceName":"Microsoft-Windows-Sysmon","Channel":"c","EventTime":"2026-03-02T09:00:01Z",` +
		`"Image":"C:\\a.exe","ProcessGuid":"{0a1b2c3d-5192-69a5-0002-%012d}","ProcessId":%d}` + "\n"
	var plain, zipped bytes.Buffer
	for i := range 20_000 {
		fmt.Fprintf(&plain, record, i, i+4)
	}
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(plain.Bytes()); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cut.json.gz")
	if err := os.WriteFile(path, zipped.Bytes()[:zipped.Len()/2], 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"query", "--json", "--replay", path, "SELECT count(*) > 1000 AS many FROM process_starts"},
		&app{stdout: &stdout, stderr: &stderr})
	if code != 1 || !strings.Contains(stdout.String(), `"many":"1"`) {
		t.Errorf("exit status %d, %s", code, stdout.String())
	}
	if got := stderr.String(); !strings.Contains(got, "not all could be told of 1 file; what could is used:") ||
		!strings.Contains(got, path) ||
		!strings.Contains(got, "unexpected EOF") {
		t.Errorf("stderr: %s", got)
	}
}

// A replay reads regular files alone and names what it leaves out; names that could do something to a terminal are made visible
// wherever they stand.
func TestReplayNamesWhatItLeavesOut(t *testing.T) {
	const record = `{"EventID":1,"SourceName":"Microsoft-Windows-Sysmon","Channel":"c","EventTime":"2026-03-02T09:00:01Z",` +
		`"Image":"C:\\a.exe","ProcessGuid":"{0a1b2c3d-5192-69a5-0002-000000000001}","ProcessId":4}` + "\n"
	const hostile = "a\x1b]0;x\x07\nb\u009b2J\u202ec"
	dir := t.TempDir()
	for name, text := range map[string]string{
		"good.json": record, "notes.txt": "notes", hostile + ".txt": "notes", hostile + ".json": `{"EventID":1,"SourceName":"x","Channel":"c"}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Skipf("this file system takes no such names: %v", err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "good.json"), filepath.Join(dir, "link.json")); err != nil {
		t.Skipf("this file system has no links: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"replay": {"replay", dir}, "replay all": {"replay", "--verbose", dir}, "replay one": {
			"replay", "--json",
			filepath.Join(dir, hostile+".json"),
		},
		"query": {"query", "--replay", dir, "SELECT count(*) FROM process_starts"}, "not one": {"replay", filepath.Join(dir, hostile+".txt")},
		"missing": {"replay", filepath.Join(dir, hostile)}, "query missing": {"query", "--replay", filepath.Join(dir, hostile), "SELECT 1"},
	} {
		var stdout, stderr bytes.Buffer
		_ = run(t.Context(), args, &app{stdout: &stdout, stderr: &stderr})
		got := stdout.String() + stderr.String()
		if strings.ContainsAny(got, "\x1b\x07\u009b\u202e") || strings.Contains(got, "a\n") || !strings.Contains(got, "\\x1b") {
			t.Errorf("%s prints a name as it is, or not at all:\n%q", name, got)
		}
		if name != "replay" && name != "replay all" && name != "query" {
			continue
		}
		for _, want := range []string{"link.json: a link, which is not followed\n", "notes.txt: of no known format\n", "left out: 3 files\n"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks %q:\n%s", name, want, got)
			}
		}
	}
}
