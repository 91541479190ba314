package engine

import (
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/collectors/procconn"
	"github.com/apiwatch/apiwatch/collectors/procfs"
	"github.com/apiwatch/apiwatch/collectors/recording"
)

// Where state and tuning are kept unless told otherwise.
var (
	DefaultStateDir   = "/var/lib/apiwatch"
	DefaultTuningFile = "/etc/apiwatch/tuning.yaml"
)

// livePlan gives this machine's sources: kernel audit, the process connector, and /proc for what neither says.
func livePlan(o *Options, record io.Writer, logger *slog.Logger) (plan, error) {
	schedule()
	host, err := procHost()
	if err != nil {
		return plan{}, err
	}
	var recorder *recording.Recorder
	if record != nil {
		recorder = recording.NewRecorder(record)
	}
	facts := &recording.Facts{Origin: host, Recorder: recorder}
	options := audit.Options{Share: audit.Share(o.AuditShare), StateDir: o.StateDir, Logger: logger}
	if recorder != nil {
		options.Capture = func(typ uint16, body []byte) { recorder.Record(audit.TypeName(typ), body) }
	}
	source := audit.NewLive(options)
	out := plan{
		sources:           []collectors.Source{source, procconn.NewLive(procconn.Options{Logger: logger})},
		host:              facts,
		recorder:          recorder,
		execFromConnector: blindToExecution(source),
		health:            host.Health,
		flooded:           source.Flooded,
	}
	linuxState(&out, host)
	return out, nil
}

func procHost() (*procfs.Host, error) {
	host, err := procfs.NewHost(&procfs.FS{Root: "/proc"}, procfs.NewUsers("/etc/passwd"))
	if err != nil {
		return nil, fmt.Errorf("reading /proc: %w: is it mounted?", err)
	}
	return host, nil
}

// blindToExecution tells whether audit reports executions now. It is asked every round, so it looks every few seconds.
func blindToExecution(s *audit.Live) func() bool {
	const every = 3 * time.Second
	var blind atomic.Bool
	blind.Store(true)
	var next time.Time
	return func() bool {
		now := time.Now()
		if now.Before(next) {
			return blind.Load()
		}
		next = now.Add(every)
		sees := false
		for _, h := range s.Health() {
			if h.Item == "rule:execve" && h.State == "ok" {
				sees = true
			}
		}
		blind.Store(!sees)
		return !sees
	}
}
