package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/eventlog/meaning"
	"github.com/apiwatch/apiwatch/scripts/telemetry"
)

// The log that is measured is at least so large.
const (
	evtxRecords = 500_000
	evtxBytes   = 100 << 20
)

// sigmaEvents is what a Sigma engine with all rules gets through on one core, events a second.
const sigmaEvents = 8065

// decodeCommand is how this program is started again to decode a log.
const decodeCommand = "decode-evtx"

// decodeLog decodes and maps a log and prints how many records it has: on one core, as a process whose time can be had.
func decodeLog(path string) error {
	f, err := form.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var mapper meaning.Mapper
	var sink counting
	records := 0
	if err := form.Each(f, func(r *form.Record) bool {
		records++
		mapper.Map(r, &sink)
		return true
	}); err != nil {
		return fmt.Errorf("decoding %s: %w", path, err)
	}
	mapper.Flush(&sink)
	if sink.events < records/2 {
		return fmt.Errorf("decoding %s: only %d of %d records became events", path, sink.events, records)
	}
	_, err = fmt.Fprintln(os.Stdout, records)
	return err
}

var _ collectors.Sink = (*counting)(nil)

// oneCore runs a program on one core and gives the processor time that it took, its highest memory in MB (0 where the
// system does not tell) and what it wrote.
func oneCore(ctx context.Context, name string, args ...string) (seconds, peak float64, out, said []byte, err error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Start()
	if err == nil {
		ended, highest := make(chan struct{}), make(chan float64)
		go func() { highest <- peakOf(cmd.Process.Pid, ended) }()
		err = cmd.Wait()
		close(ended)
		peak = <-highest
	}
	if err != nil {
		return 0, 0, nil, nil, fmt.Errorf("running %s %s: %w: %s", name, strings.Join(args, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	seconds = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	return seconds, peak, stdout.Bytes(), stderr.Bytes(), nil
}

// evtx measures decoding and replaying a large log of ordinary work on Windows.
func evtx(ctx context.Context, c *config, set func(Measure)) error {
	log := filepath.Join(c.dir, "large.evtx")
	records, size, err := windowsLog(c.root, log, evtxRecords, evtxBytes)
	if err != nil {
		return err
	}
	if err := evtxDecode(ctx, c, log, records, size, set); err != nil {
		return err
	}
	var highest float64
	found := 0
	replayed := func() (float64, error) {
		seconds, peak, out, said, err := oneCore(ctx, c.binary, "replay", "--json", log)
		if err != nil {
			return 0, err
		}
		if n := eventsOf(said); n < records {
			return 0, fmt.Errorf("replaying the log gave %d of %d events", n, records)
		}
		highest, found = max(highest, peak), bytes.Count(out, []byte("\n"))
		return seconds, nil
	}
	seconds, _, err := turns(ctx, c.rounds, replayed, nil)
	if err != nil {
		return err
	}
	how := fmt.Sprintf("%d events, %d MB, %d findings", records, size>>20, found)
	set(Measure{Name: "evtx_replay_events", Value: float64(records) / seconds, How: how}.against("a Sigma engine with all rules", sigmaEvents))
	set(Measure{Name: "evtx_replay_size", Value: float64(size) / 1e6 / seconds, How: "the same run"})
	memory := Measure{Name: "windows_memory", Value: highest, How: how}
	if highest == 0 {
		memory.NotRun = "this system does not tell a process's highest memory"
	}
	set(memory)
	return ctx.Err()
}

func evtxDecode(ctx context.Context, c *config, log string, records int, size int64, set func(Measure)) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	reading := func(name string, args ...string) func() (float64, error) {
		return func() (float64, error) {
			seconds, _, out, _, err := oneCore(ctx, name, args...)
			if err != nil {
				return 0, err
			}
			if n, _ := strconv.Atoi(strings.TrimSpace(string(out))); n < records*99/100 {
				return 0, fmt.Errorf("%s read %d of %d records", name, n, records)
			}
			return seconds, nil
		}
	}
	const rivalName = "velocidex/evtx v0.2.0"
	how := fmt.Sprintf("%d records, %d MB", records, size>>20)
	var theirs func() (float64, error)
	rival := filepath.Join(c.dir, "velocidex")
	build := exec.CommandContext(ctx, "go", "build", "-o", rival, ".")
	build.Dir = filepath.Join(c.root, "scripts", "bench", "velocidex")
	if said, err := build.CombinedOutput(); err != nil {
		how += "; " + rivalName + " did not build: " + string(bytes.TrimSpace(said))
	} else {
		theirs = reading(rival, log)
	}
	ours, them, err := turns(ctx, c.rounds, reading(self, decodeCommand, log), theirs)
	if err != nil {
		return err
	}
	events := Measure{Name: "evtx_decode_events", Value: float64(records) / ours, How: how}
	bytes := Measure{Name: "evtx_decode_size", Value: float64(size) / 1e6 / ours, How: "the same run"}
	if theirs != nil {
		events = events.against(rivalName, float64(records)/them)
		bytes = bytes.against(rivalName, float64(size)/1e6/them)
	}
	set(events)
	set(bytes)
	return nil
}

var eventsRead = regexp.MustCompile(`files?, (\d+) events?`)

// eventsOf reads how many events a replay's summary tells of.
func eventsOf(summary []byte) int {
	m := eventsRead.FindSubmatch(summary)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

// samples measures a replay of a folder of many small logs, which is no part of the repository.
func samples(ctx context.Context, c *config, set func(Measure)) error {
	folder, err := telemetry.Path("windows_evtx")
	if errors.Is(err, telemetry.ErrUnset) {
		for _, name := range []string{"evtx_samples", "evtx_samples_size"} {
			set(Measure{Name: name, NotRun: err.Error()})
		}
		return nil
	}
	if err != nil {
		return err
	}
	events, techniques := 0, make(map[string]bool)
	seconds, _, err := turns(ctx, c.rounds, func() (float64, error) {
		start := time.Now()
		seconds, _, out, said, err := oneCore(ctx, c.binary, "replay", "--json", folder)
		if err != nil && !strings.Contains(err.Error(), "damaged") {
			return 0, err
		}
		events = eventsOf(said)
		for line := range bytes.Lines(out) {
			var row struct{ Technique string }
			if json.Unmarshal(line, &row) == nil {
				techniques[row.Technique] = true
			}
		}
		return min(seconds, time.Since(start).Seconds()), nil
	}, nil)
	if err != nil {
		return err
	}
	files, size := 0, int64(0)
	if err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && slices.Contains([]string{".evtx", ".gz"}, filepath.Ext(path)) {
			files++
			info, err := d.Info()
			if err != nil {
				return err
			}
			size += info.Size()
		}
		return err
	}); err != nil {
		return fmt.Errorf("counting the samples: %w", err)
	}
	set(Measure{
		Name: "evtx_samples", Value: float64(events) / seconds,
		How: fmt.Sprintf("%d files of %d events in %.1f s, findings of %d techniques", files, events, seconds, len(techniques)),
	})
	set(Measure{Name: "evtx_samples_size", Value: float64(size) / 1e6 / seconds, How: "the same run, of the files as they lie, " +
		"some of them compressed"})
	return nil
}
