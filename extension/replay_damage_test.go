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
		`two\nlines.evtx": 1 record: at byte 4096: the chunk is cut off`,
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
	const record = `{"EventID":1,"SourceName":"Microsoft-Windows-Sysmon","Channel":"c","EventTime":"2026-03-02T09:00:01Z","Image":"C:\\a.exe",` +
		`"ProcessGuid":"{0a1b2c3d-5192-69a5-0002-%012d}","ProcessId":%d}` + "\n"
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
	if got := stderr.String(); !strings.Contains(got, "damaged: 1 file, with 0 records broken or lost") || !strings.Contains(got, path) ||
		!strings.Contains(got, "unexpected EOF") {
		t.Errorf("stderr: %s", got)
	}
}
