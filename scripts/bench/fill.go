package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/lineage"
	"github.com/apiwatch/apiwatch/collectors/pump"
	"github.com/apiwatch/apiwatch/collectors/recording"
	"github.com/apiwatch/apiwatch/collectors/store"
	"github.com/apiwatch/apiwatch/extension/engine"
)

// recorded reads recordings of ordinary work, or if there are none the decoder's own samples, and gives their events.
func recorded(ctx context.Context, c *config) (events []*event.Event, from string, err error) {
	paths, err := filepath.Glob(filepath.Join(c.root, "testdata", "benign", "*.log*"))
	if err != nil {
		return nil, "", err
	}
	from = "testdata/benign"
	if len(paths) == 0 {
		from = "testdata/decode/audit/calls.log"
		paths = []string{filepath.Join(c.root, filepath.FromSlash(from))}
	}
	recordings, _, err := engine.Recordings(paths)
	if err != nil {
		return nil, "", err
	}
	held := store.NewStore(0, 1)
	for _, r := range recordings {
		facts := new(recording.Facts)
		file := r.Format.Open(r.Path, facts)
		pump := &pump.Pump{Store: held, Lineage: lineage.New(facts), Logger: slog.New(slog.DiscardHandler)}
		facts.Walked = pump.Lineage.Walk
		if err := file.Open(ctx, func() {}); err != nil {
			return nil, "", fmt.Errorf("replaying %s: %w", r.Path, err)
		}
		pump.Use(file)
		for ctx.Err() == nil {
			if err := pump.Round(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, "", fmt.Errorf("replaying %s: %w", r.Path, err)
			}
		}
		pump.Close()
	}
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	return held.Select(store.Query{Kinds: event.Kinds()}), from, nil
}

// fullStore fills a store of the default size: with the recorded events, again and again as those of other processes at
// later times, until no kind that Linux has takes more. Kinds that the recordings lack are made up.
func fullStore(ctx context.Context, c *config) (*store.Store, string, error) {
	seed, from, err := recorded(ctx, c)
	if err != nil {
		return nil, "", err
	}
	if len(seed) == 0 {
		return nil, "", errors.New("the recordings hold no event")
	}
	have := make(map[event.Kind]int)
	for _, e := range seed {
		have[e.Kind]++
	}
	made := 0
	for _, k := range linuxKinds {
		// A kind that is all but missing would take thousands of copies of everything else.
		for i := have[k.kind]; i < 64; i++ {
			like := seed[(i*7919)%len(seed)]
			e := event.Event{
				Kind: k.kind, API: event.APINamed(k.api), TimeNS: like.TimeNS + 1, LogSource: like.LogSource, Process: like.Process,
				Outcome: event.Success,
				Path:    k.path, Target: k.target(like.Process), Detail: k.detail, NArgs: 4, Args: [event.MaxArgs]uint64{uint64(i), uint64(i) << 12},
			}
			seed = append(seed, &e)
			made++
		}
	}
	held := store.NewStore(0, 1)
	first, last := seed[0].TimeNS, seed[0].TimeNS
	for _, e := range seed {
		first, last = min(first, e.TimeNS), max(last, e.TimeNS)
	}
	const most = 4000
	for pass := int64(0); pass < most && ctx.Err() == nil; pass++ {
		copies := make(map[*event.Process]*event.Process)
		for _, e := range seed {
			if st := held.Stats()[e.Kind]; pass > 0 && st.Evicted > 0 && have[e.Kind] < 64 {
				continue
			}
			moved := *e
			moved.TimeNS += pass * (last - first + 1e9)
			moved.Process, moved.Target = another(e.Process, pass, copies), another(e.Target, pass, copies)
			held.Add(moved)
		}
		full := true
		for _, k := range linuxKinds {
			full = full && held.Stats()[k.kind].Evicted > 0
		}
		if full {
			break
		}
	}
	n := 0
	for _, s := range held.Stats() {
		n += s.Events
	}
	return held, fmt.Sprintf("%d events of %s repeated as other processes, %d of them made up", n, from, made), ctx.Err()
}

// another gives a process the pid and key of a later one.
func another(p *event.Process, pass int64, copies map[*event.Process]*event.Process) *event.Process {
	if p == nil || pass == 0 {
		return p
	}
	if q := copies[p]; q != nil {
		return q
	}
	q := p.Copy()
	q.PID += pass * 100_000
	q.Key = fmt.Sprintf("%s%d", p.Key, pass)
	if p.Creator != nil {
		c := *p.Creator
		c.Key = fmt.Sprintf("%s%d", c.Key, pass)
		q.Creator = &c
	}
	q.Cmdline = strings.Clone(p.Cmdline)
	copies[p] = q
	return q
}

// made is an event of a kind that recordings may lack.
type madeUp struct {
	kind      event.Kind
	api, path string
	detail    event.Detail
	self      bool // it has a target
}

func (m madeUp) target(p *event.Process) *event.Process {
	if m.self {
		return p
	}
	return nil
}

// linuxKinds are the kinds that Linux feeds.
var linuxKinds = []madeUp{
	{kind: event.KindCall, api: "memfd_create"},
	{kind: event.KindProcessStart, api: "execve", detail: &event.Exec{OwnerUID: 0, Mode: 0o100755}},
	{kind: event.KindProcessExit, api: "exit", self: true, detail: &event.Exited{}},
	{kind: event.KindPtrace, api: "ptrace", self: true},
	{kind: event.KindProcessAccess, api: "process_vm_readv", self: true, detail: &event.Memory{Address: 1 << 40, Size: 64}},
	{kind: event.KindMemory, api: "mprotect", detail: &event.Memory{Address: 1 << 40, Size: 4096}},
	{kind: event.KindModuleLoad, api: "finit_module", path: "/lib/modules/dummy.ko"},
	{kind: event.KindFileAccess, api: "openat", path: "/etc/timezone", detail: &event.FileOpen{UID: 0}},
	{kind: event.KindFileChange, api: "utimensat", path: "/tmp/made/up", detail: &event.FileChange{Action: "times", UID: 0}},
	{kind: event.KindMount, api: "mount", path: "/mnt", detail: &event.Mount{Source: "none", FSType: "tmpfs"}},
	{kind: event.KindTokenChange, api: "setresuid", detail: &event.TokenChange{}},
	{kind: event.KindNetworkFlow, api: "connect", detail: &event.Flow{
		Family: "inet", Protocol: "tcp", RemoteAddress: "192.0.2.1",
		RemotePort: 443,
	}},
}
