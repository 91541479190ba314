package engine

import (
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/collectors/bpf"
	"github.com/apiwatch/apiwatch/collectors/procconn"
	"github.com/apiwatch/apiwatch/collectors/procfs"
	"github.com/apiwatch/apiwatch/collectors/recording"
)

// Where state and tuning are kept unless told otherwise.
var (
	DefaultStateDir   = "/var/lib/apiwatch"
	DefaultTuningFile = "/etc/apiwatch/tuning.yaml"
)

// livePlan gives this machine's sources: eBPF, or kernel audit with the process connector, and /proc for what neither says.
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
	p := plan{
		host:     &recording.Facts{Origin: host, Recorder: recorder},
		recorder: recorder,
	}
	linuxState(&p, host)
	other := p.follow(o, logger)
	p.health = func() []collectors.Health { return append(host.Health(), other) }
	return p, nil
}

// The ways to see system calls.
const (
	FeedAuto  = "auto"
	FeedEBPF  = "ebpf"
	FeedAudit = "audit"
)

// follow chooses what system calls are seen by: one of two, so that no call counts twice. It gives the condition of the other.
func (p *plan) follow(o *Options, logger *slog.Logger) collectors.Health {
	ebpfOff := collectors.Health{Collector: "ebpf", Item: "programs", State: "off", Reason: "--linux-feed=audit"}
	if o.LinuxFeed == FeedAuto || o.LinuxFeed == FeedEBPF {
		options := bpf.Options{
			Logger: logger,
			Opened: func() []int {
				killed, err := audit.Heal(o.StateDir, logger)
				if err != nil {
					logger.Warn("what an earlier run left in audit may be there still", "error", err)
				}
				return killed
			},
			Closed: func() error { return audit.Leave(o.StateDir) },
		}
		if p.recorder != nil {
			options.Capture = func(record []byte) { p.recorder.Record(bpf.Line, bpf.Recorded(record)) }
			options.Clock = func(m bpf.Machine) { p.recorder.Ahead(bpf.Line, bpf.RecordedMachine(m)) }
		}
		source := bpf.NewLive(options)
		err := source.Load()
		if err == nil || o.LinuxFeed == FeedEBPF {
			p.sources, p.flooded = []collectors.Source{source}, source.Flooded
			return collectors.Health{Collector: "audit", Item: "socket", State: "off", Reason: "eBPF takes its place: --linux-feed=" + o.LinuxFeed}
		}
		logger.Info("audit is used in the place of eBPF", "reason", err)
		ebpfOff.Reason = err.Error()
	}
	options := audit.Options{Share: audit.Share(o.AuditShare), StateDir: o.StateDir, Logger: logger}
	if p.recorder != nil {
		options.Capture = func(typ uint16, body []byte) { p.recorder.Record(audit.TypeName(typ), body) }
	}
	source := audit.NewLive(options)
	p.sources = []collectors.Source{source, procconn.NewLive(procconn.Options{Logger: logger})}
	p.execFromConnector, p.flooded = blindToExecution(source), source.Flooded
	return ebpfOff
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
