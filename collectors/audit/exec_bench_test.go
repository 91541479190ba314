package audit

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/lineage"
	"github.com/apiwatch/apiwatch/collectors/pump"
	"github.com/apiwatch/apiwatch/collectors/store"
)

// starter is a source of processes that are forked, execute a program and end, with what the kernel sends of them.
type starter struct {
	decoder  *Decoder
	n        int
	messages []collectors.Lifecycle
	records  []rendered
}

type rendered struct {
	typ  uint16
	body []byte
}

func (s *starter) Name() string                       { return "starter" }
func (s *starter) Open(context.Context, func()) error { return nil }
func (s *starter) Read() error                        { return nil }
func (s *starter) Health() []collectors.Health        { return nil }
func (s *starter) Close() error                       { return nil }

// aRound is how many processes start between two rounds at 1,000 a second.
const aRound = 80

func (s *starter) Decode(sink collectors.Sink) {
	s.decoder.Sink = sink
	for _, m := range s.messages {
		sink.Lifecycle(m)
	}
	for _, r := range s.records {
		s.decoder.Record(r.typ, r.body)
	}
}

// next makes the records and messages of the next round.
func (s *starter) next() {
	const caller = "ppid=4200 pid=%d auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 fsgid=1000 " +
		`tty=pts3 ses=7 comm="true" exe="/usr/local/bin/true" subj=unconfined key="apiwatch"`
	s.records, s.messages = s.records[:0], s.messages[:0]
	for i := range aRound {
		n := s.n + i
		ns := int64(1_700_000_000e9) + int64(n)*1e6
		m := collectors.Lifecycle{PID: int64(5000 + n%30000), PPID: 4200, UID: -1, GID: -1, TimeNS: ns, BootNS: ns}
		for _, m.Kind = range []collectors.LifecycleKind{collectors.Forked, collectors.Executed, collectors.Exited} {
			s.messages = append(s.messages, m)
		}
		stamp := fmt.Sprintf("audit(%d.%03d:%d): ", ns/1e9, ns/1e6%1000, n)
		add := func(typ uint16, text string) { s.records = append(s.records, rendered{typ, []byte(stamp + text)}) }
		add(typeSyscall, "arch=c000003e syscall=59 success=yes exit=0 a0=559a7a591b40 a1=559a7a58c5f0 a2=559a7a5897f0 a3=e1eee30328885b7d "+
			"items=1 "+fmt.Sprintf(caller, m.PID))
		add(typeExecve, fmt.Sprintf(`argc=4 a0="/usr/local/bin/true" a1="--config" a2="/etc/apiwatch-bench/%d.conf" a3="--verbose"`, n%1000))
		add(typeCwd, `cwd="/home/user"`)
		add(typePath, `item=0 name="/usr/local/bin/true" inode=246999 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 `+
			`cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0`)
		add(typeProctitle, "proctitle=67726570002D726E00612062002F657463")
		add(typeEOE, "")
	}
	s.n += aRound
}

// BenchmarkExecutions is what a process that is forked, executes a program and ends costs, from records to the store.
func BenchmarkExecutions(b *testing.B) {
	s := &starter{decoder: NewDecoder(nil)}
	p := &pump.Pump{Store: store.NewStore(0, 1), Lineage: lineage.New(collectors.NoHost{}), Logger: slog.New(slog.DiscardHandler)}
	p.Use(s)
	b.ReportAllocs()
	var took time.Duration
	for b.Loop() {
		b.StopTimer()
		s.next()
		b.StartTimer()
		began := time.Now()
		if err := p.Round(); err != nil {
			b.Fatal(err)
		}
		took += time.Since(began)
	}
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N*aRound), "ns/exec")
}
