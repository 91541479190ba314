package winproc

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// Host scans the processes of a system. It is safe for concurrent use.
type Host struct {
	sys      System
	computer string
	accounts accounts

	mu       sync.Mutex
	drives   map[string]string
	drivesAt time.Time
	scans    map[string]*ScanStatus // the last of each item that has ended
}

// NewHost makes a Host; computer is the name that process keys begin with.
func NewHost(sys System, computer string) *Host {
	return &Host{sys: sys, computer: computer, accounts: accounts{ask: sys.Account}, scans: make(map[string]*ScanStatus)}
}

// Query says which processes a scan is to look at.
type Query struct {
	// PIDs are the processes; nil means all.
	PIDs []int64
	// Budget bounds the whole scan; 0 stands for two seconds.
	Budget time.Duration
}

// The items of a Host's health.
const (
	itemMappings = "mappings"
	itemTokens   = "tokens"
	itemThreads  = "threads"
)

const maxOfScan = 50_000

// Health tells what the last scan of each item that has ended could not see.
func (h *Host) Health() []collectors.Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []collectors.Health
	for _, item := range []string{itemMappings, itemTokens, itemThreads} {
		if s := h.scans[item]; s != nil {
			out = append(out, s.health(item))
		} else {
			out = append(out, collectors.Health{Collector: "winproc", Item: item, State: "ok", Detail: "not asked yet"})
		}
	}
	return out
}

// Running gives every process that runs now on this computer as events hold it, the oldest first, each with its creator if that still runs.
func (h *Host) Running() (computer string, running []*event.Process) {
	entries, _ := h.sys.Processes()
	out := make([]*event.Process, 0, len(entries))
	for i := range entries {
		if p, err := h.sys.Process(entries[i].PID, false); err == nil {
			out = append(out, h.snapshot(&entries[i], p))
			p.Close()
		} else {
			out = append(out, h.snapshot(&entries[i], nil))
		}
	}
	slices.SortStableFunc(out, func(a, b *event.Process) int { return cmp.Compare(a.StartNS, b.StartNS) })
	older := make(map[int64]*event.Process, len(out))
	for _, p := range out {
		if parent := older[p.PPID]; parent != nil { // a number that is now somebody's who began later is not the creator's
			p.Creator = parent.AsCreator()
		}
		older[p.PID] = p
	}
	return h.computer, out
}

// Snapshot gives a running process as events hold it; false if there is none. What only its ancestors could tell is empty.
func (h *Host) Snapshot(pid int64) (*event.Process, bool) {
	entries, _ := h.sys.Processes()
	for i := range entries {
		if e := &entries[i]; e.PID == pid {
			p, err := h.sys.Process(pid, false)
			if err != nil {
				return h.snapshot(e, nil), true
			}
			defer p.Close()
			return h.snapshot(e, p), true
		}
	}
	return nil, false
}

// snapshot tells what is known of a listed process; p is nil where it cannot be opened.
func (h *Host) snapshot(e *Entry, p Process) *event.Process {
	s := &event.Process{
		PID: e.PID, PPID: e.PPID, StartNS: unixNS(e.Created), Session: e.Session,
		UID: -1, EUID: -1, GID: -1, EGID: -1, AUID: -1, ExeUID: -1,
		Windows: new(event.WindowsProcess),
	}
	s.Key = h.computer + "." + strconv.FormatInt(e.PID, 10) + "." + strconv.FormatInt(s.StartNS/int64(time.Millisecond), 10)
	s.Path = cmp.Or(h.path(h.sys.Image(e.PID)), e.Name)
	if p == nil {
		return s
	}
	if line, err := p.Cmdline(); err == nil {
		s.Cmdline = line
	}
	if t, err := p.Token(); err == nil {
		s.User = h.accounts.name(t.UserSID)
		w := s.Windows
		w.UserSID, w.LogonID, w.Integrity, w.Elevation = t.UserSID, t.LogonID, t.Integrity(), t.Elevation()
	}
	return s
}

// path turns a device path into one with a drive letter. Drives may change, so what they are is asked every minute.
func (h *Host) path(device string) string {
	if device == "" {
		return ""
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.drives == nil || time.Since(h.drivesAt) > time.Minute {
		h.drives, h.drivesAt = h.sys.Drives(), time.Now()
	}
	return drivePath(device, h.drives)
}

// scanned is a process as a scan meets it.
type scanned struct {
	*Entry
	Process
	host   *Host
	status *ScanStatus
	snap   *event.Process
}

// snapshot is made when the first row wants it: most processes have none.
func (s *scanned) snapshot() *event.Process {
	if s.snap == nil {
		s.snap = s.host.snapshot(s.Entry, s.Process)
	}
	return s.snap
}

// scan opens one process after another, ascending by pid, and yields what look finds in each: what it found before an
// error, too. With memory look reads memory, of which the kernel's own process has none.
func scan[R any](ctx context.Context, h *Host, item string, q Query, memory bool, look func(context.Context, *scanned) ([]R,
	error),
) iter.Seq[R] {
	return func(yield func(R) bool) {
		begin := time.Now()
		status := &ScanStatus{Privileged: h.sys.DebugPrivilege()}
		defer func() {
			status.Elapsed = time.Since(begin)
			h.mu.Lock()
			defer h.mu.Unlock()
			h.scans[item] = status
		}()
		budget := cmp.Or(q.Budget, defaultBudget)
		ctx, cancel := context.WithTimeout(ctx, budget)
		defer cancel()
		entries, err := h.sys.Processes()
		if err != nil {
			status.Reason = "listing processes: " + err.Error()
		}
		entries = status.choose(entries, q.PIDs, memory)
		total := 0
		for i := range entries {
			if ctx.Err() != nil {
				status.truncate("the time allowed, %v, ended after %d of %d processes", budget, i, len(entries))
				return
			}
			p, err := h.sys.Process(entries[i].PID, memory)
			if err != nil {
				status.count(entries[i].PID, err)
				continue
			}
			found, err := look(ctx, &scanned{Entry: &entries[i], Process: p, host: h, status: status})
			_ = p.Close()
			status.count(entries[i].PID, err)
			for _, r := range found {
				if total++; total > maxOfScan {
					status.truncate("more than %d rows", maxOfScan)
					return
				}
				if !yield(r) {
					return
				}
			}
		}
	}
}

// choose gives the entries to look at, ascending by pid.
func (s *ScanStatus) choose(entries []Entry, pids []int64, memory bool) []Entry {
	entries = slices.DeleteFunc(entries, func(e Entry) bool {
		return e.PID == idlePID || memory && e.PID == kernelPID || pids != nil && !slices.Contains(pids, e.PID)
	})
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.PID, b.PID) })
	s.Listed = len(entries)
	if pids != nil {
		wanted := len(slices.Compact(slices.Sorted(slices.Values(pids))))
		s.Listed, s.Vanished = wanted, wanted-len(entries)
	}
	return entries
}
