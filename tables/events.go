package tables

import (
	"context"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names"
	"github.com/apiwatch/apiwatch/collectors/store"
)

type ev = *event.Event

// eventView is an evented table: a view over some kinds of event.
type eventView struct {
	Name, Description, Component string
	Platforms, Examples          []string
	Kinds                        []event.Kind
	// Only narrows the view further; nil admits every event of the kinds.
	Only    func(ev) bool
	Columns []column[ev]
	Shared  shared
	// LastPart names the column that holds the last part of the event's object and so has an index, "" for none.
	LastPart string
	// Signed names the columns of which the store's signs are: arguments, and what is a part of them. Each gets one made by [matching].
	Signed []string
}

// shared says which columns a table has beside its own.
type shared uint8

const (
	ofProcesses shared = iota // of what processes do
	ofHosts                   // of what happens on hosts, by subjects
	bare                      // none
)

// indexOf says which index serves an evented column.
var indexOf = map[string]store.Index{
	"api": store.ByAPI, "process_key": store.ByProcess, "target_process_key": store.ByTarget,
}

func (v eventView) table(d *Data) *Table {
	s := spec[ev]{
		Name: v.Name, Description: v.Description, Component: v.Component, Platforms: v.Platforms, Examples: v.Examples,
	}
	switch v.Shared {
	case ofProcesses:
		s.Columns = slices.Concat(eventColumns, v.Columns, processColumns, sourceColumns)
	case ofHosts:
		s.Columns = slices.Concat(eventColumns, v.Columns, hostColumns, sourceColumns)
	case bare:
		s.Columns = v.Columns
	}
	for i := 0; i < len(s.Columns); i++ {
		if slices.Contains(v.Signed, s.Columns[i].Name) {
			s.Columns = slices.Insert(s.Columns, i+1, matching(s.Columns[i]))
		}
	}
	index := make(map[int]store.Index)
	position := make(map[string]int)
	for i := range s.Columns {
		name := s.Columns[i].Name
		position[name] = i
		ix, ok := indexOf[name]
		if name == v.LastPart && name != "" {
			ix, ok = store.ByLastPart, true
		}
		if ok {
			index[i] = ix
			s.Columns[i].Optimized = true
		}
	}
	s.Rows = func(ctx context.Context, q *Query) (iter.Seq2[int64, ev], error) {
		if d.Store == nil {
			return func(func(int64, ev) bool) {}, nil
		}
		events := d.Store.Select(v.asked(q, s.Columns, index, position))
		return func(yield func(int64, ev) bool) {
			for i, e := range events {
				if i%1024 == 0 && ctx.Err() != nil {
					return
				}
				if (v.Only == nil || v.Only(e)) && !yield(e.EID, e) {
					return
				}
			}
		}, nil
	}
	t := s.table()
	t.Kinds = v.Kinds
	return t
}

// asked gives a query in the store's terms.
func (v eventView) asked(q *Query, columns []column[ev], index map[int]store.Index, position map[string]int) store.Query {
	if q.read != nil && q.read.events != nil {
		out := *q.read.events
		out.MinEID = max(out.MinEID, q.from)
		return out
	}
	out := v.query(q, index, position)
	out.Signs = v.signs(q, columns, position)
	if q.read != nil {
		known := out
		q.read.events = &known
	}
	out.MinEID = max(out.MinEID, q.from)
	return out
}

// query turns constraints into the store's terms: the equality with the fewest values picks the index, bounds on time
// and eid narrow it.
func (v eventView) query(q *Query, index map[int]store.Index, position map[string]int) store.Query {
	out := store.Query{Kinds: v.Kinds}
	best := -1
	for column := range index {
		values, ok := q.EqualTo(column)
		if !ok {
			continue
		}
		// api is the least selective index: take it only where no other serves.
		if best < 0 || index[best] == store.ByAPI ||
			index[column] != store.ByAPI && len(values) < len(out.Keys) {
			best, out.Index, out.Keys = column, index[column], values
		}
	}
	bounds := func(column string) (low, high int64) {
		if i, ok := position[column]; ok {
			low, high = q.Bounds(i)
		}
		return low, high
	}
	const second = int64(time.Second)
	if low, high := bounds("time"); true {
		if 0 < low && low < math.MaxInt64/second {
			out.MinNS = low * second
		}
		if 0 < high && high < math.MaxInt64/second-1 {
			out.MaxNS = high*second + second - 1
		}
	}
	if low, high := bounds("time_ns"); true {
		out.MinNS = max(out.MinNS, low)
		if high > 0 && (out.MaxNS == 0 || high < out.MaxNS) {
			out.MaxNS = high
		}
	}
	out.MinEID, out.MaxEID = bounds("eid")
	if values, ok := q.EqualTo(position["eid"]); ok {
		out.EIDs = parseInts(values)
	}
	return out
}

// signs gives those of which an event must have one, nil where nothing is known: those of the patterns asked for, each with what every
// event must be like.
func (v eventView) signs(q *Query, columns []column[ev], position map[string]int) []store.Sign {
	var all store.Sign
	for _, c := range q.Constraints {
		if c.Op == Like && c.Column >= 0 && c.Column < len(columns) && slices.Contains(v.Signed, columns[c.Column].Name) &&
			!strings.ContainsRune(c.Value, '\\') {
			all = all.Union(signOf(c.Value))
		}
	}
	out := []store.Sign{all}
	for _, name := range v.Signed {
		values, ok := q.EqualTo(position[name+"_like"])
		if !ok {
			continue
		}
		any := make([]store.Sign, 0, len(values))
		for _, value := range values {
			sign := patterns.of(value).sign
			for _, o := range out {
				any = append(any, sign.Union(o))
			}
		}
		out = any
	}
	if slices.Contains(out, store.Sign{}) {
		return nil
	}
	return out
}

// parseInts gives nil where any value is no integer: then nothing is narrowed.
func parseInts(values []string) []int64 {
	out := make([]int64, 0, len(values))
	for _, v := range values {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return nil
		}
		out = append(out, n)
	}
	return out
}

// eventColumns begin every evented table.
var eventColumns = []column[ev]{
	bigint("time", "When it happened, Unix seconds.", func(e ev) int64 { return e.TimeNS / int64(time.Second) }),
	bigint("time_ns", "When it happened, Unix nanoseconds, as precise as the source.", func(e ev) int64 { return e.TimeNS }),
	optimized(bigint("eid", "Event id: one for each event over all tables, growing, never reused.", func(e ev) int64 { return e.EID })),
	text("api", "Name of the API that was called, such as ptrace or OpenProcess.", func(e ev) string {
		if e.API == nil {
			return ""
		}
		return e.API.Name
	}),
	known("success", "1 if the call succeeded, 0 if it failed, NULL if the source does not say.", func(e ev) (int64, bool) {
		return b2i(e.Outcome == event.Success), e.Outcome != event.OutcomeUnknown
	}),
	known("exit", "What the call returned; a negative errno on failure. Of a process that ended its exit code. "+
		"NULL where the source does not say.", func(e ev) (int64, bool) {
		return e.Exit, e.Outcome != event.OutcomeUnknown && !e.NoExit
	}),
}

// Columns that others, which are asked for by lists, stand beside.
var (
	pathColumn       = text("path", "Executable path of the caller.", func(e ev) string { return e.Caller().Path })
	parentPathColumn = text("parent_path", "Executable path of the process that created the caller.",
		func(e ev) string { return e.Caller().ParentPath() })
	userColumn = text("user", "Name of uid.", func(e ev) string { return e.Caller().User })
	nameColumn = optimized(text("name", "Last part of path, in lower case on Windows.",
		func(e ev) string { return event.LastPart(e.Caller().Path) }))
)

// processColumns follow what is particular to a table: the process that made the call, as it was then.
var processColumns = []column[ev]{
	bigint("pid", "Process id of the caller.", func(e ev) int64 { return e.Caller().PID }),
	text("process_key", "Identifies the caller over its whole life: boot, pid and start time.", func(e ev) string { return e.Caller().Key }),
	pathColumn, excluding(pathColumn),
	known("path_uid", "Owner of the executable file, as it was when it was executed.",
		func(e ev) (int64, bool) { return id(e.Caller().ExeUID) }),
	nameColumn, excluding(nameColumn),
	integer("system_path", "1 if path lies in a folder where packages install programs, such as /usr or C:\\Windows; on Linux a file of "+
		"root's there, and not one that is mounted over it where the caller is.",
		func(e ev) int64 { return b2i(ofSystem(e.Caller())) }),
	text("cmdline", "Command line of the caller.", func(e ev) string { return e.Caller().Cmdline }),
	text("cwd", "Working directory of the caller, where known.", func(e ev) string { return e.Caller().CWD }),
	known("start_time_ns", "When the caller was created, Unix nanoseconds; NULL if unknown.", func(e ev) (int64, bool) {
		return e.Caller().StartNS, e.Caller().StartNS > 0
	}),
	known("uid", "User id of the caller.", func(e ev) (int64, bool) { return id(e.Caller().UID) }),
	known("euid", "Effective user id of the caller.", func(e ev) (int64, bool) { return id(e.Caller().EUID) }),
	known("gid", "Group id of the caller.", func(e ev) (int64, bool) { return id(e.Caller().GID) }),
	known("egid", "Effective group id of the caller.", func(e ev) (int64, bool) { return id(e.Caller().EGID) }),
	userColumn, matching(userColumn),
	known("auid", "Audit user id: the user who logged in, whatever the process became since.",
		func(e ev) (int64, bool) { return id(login(e).AUID) }),
	known("session", "Audit session, or logon session.", func(e ev) (int64, bool) { return id(login(e).Session) }),
	text("tty", "Controlling terminal.", func(e ev) string { return e.Caller().TTY }),
	bigint("ppid", "Process id of the parent when the call was made.", func(e ev) int64 { return e.Caller().PPID }),
	optimized(text("parent_process_key", "process_key of the process that created the caller.",
		func(e ev) string { return e.Caller().ParentKey() })),
	parentPathColumn, excluding(parentPathColumn),
	optimized(text("parent_name", "Last part of parent_path, in lower case on Windows.",
		func(e ev) string { return event.LastPart(e.Caller().ParentPath()) })),
	text("parent_cmdline", "Command line of the process that created the caller.", func(e ev) string { return e.Caller().ParentCmdline() }),
	costly(text("ancestry", "Executable paths of the creators, nearest first, at most 8, as a JSON array.",
		func(e ev) string { return e.Caller().Ancestry() })),
	text("container_id", "Container of the caller: the id, or the machine's name for LXC and systemd-nspawn.",
		func(e ev) string { return e.Caller().ContainerID }),
	integer("is_contained", "1 if the caller is in a container.", func(e ev) int64 { return b2i(e.Caller().ContainerID != "") }),
	text("parent_container_id", "Container of the process that created the caller.",
		func(e ev) string { return e.Caller().ParentContainerID() }),
	optimized(text("logon_id", "Windows: logon session of the caller, in hexadecimal; empty elsewhere.",
		func(e ev) string { return logonID(e.Caller().OnWindows().LogonID) })),
	text("user_sid", "Windows: security identifier of the caller's user.", func(e ev) string { return e.Caller().OnWindows().UserSID }),
	text("integrity_level", "Windows: Low, Medium, High or System; empty if unknown.",
		func(e ev) string { return e.Caller().OnWindows().Integrity }),
	text("parent_integrity_level", "Windows: of the process that created the caller; empty if unknown.",
		func(e ev) string { return e.Caller().ParentOnWindows().Integrity }),
	text("computer", "The computer that the log is of, where the log names it; empty for this one.", func(e ev) string { return e.On().Name }),
	text("container_runtime", "docker, containerd, cri-o, podman, runc, crun, lxc or systemd-nspawn.",
		func(e ev) string { return e.Caller().ContainerRuntime }),
	text("container_name", "The container's name as its runtime has it, in Kubernetes namespace/pod/container; empty if unknown.",
		func(e ev) string { return e.Caller().ContainerName }),
	text("container_image", "Image that the container was made of, as its runtime names it; empty if unknown.",
		func(e ev) string { return e.Caller().ContainerImage }),
}

// hostColumns take the place of processColumns where events are of devices, accounts and the like: what it happened on, and who did it.
var hostColumns = []column[ev]{
	text("host", "What it happened on: a device, a hypervisor, an account, a cluster, a computer.", func(e ev) string { return e.On().Name }),
	text("host_kind", "computer, device, hypervisor, account, cluster or phone_app.", func(e ev) string { return string(e.On().Kind) }),
	text("host_domain", "Its domain or tenant.", func(e ev) string { return e.On().Domain }),
	text("subject", "Who did it: a user, a role, a service account.", func(e ev) string { return e.By().Principal }),
	text("subject_kind", "What the subject is, as the source calls it.", func(e ev) string { return e.By().Kind }),
	text("subject_session", "The subject's session.", func(e ev) string { return e.By().Session }),
	text("source_address", "Where the subject came from.", func(e ev) string { return e.By().SourceAddress }),
	text("user_agent", "The program it came with, as that says.", func(e ev) string { return e.By().UserAgent }),
}

// sourceColumns end every evented table.
var sourceColumns = []column[ev]{
	text("log_source", "ATT&CK's name of the log source.", func(e ev) string { return e.LogSource.Name }),
	text("provider", "The native source of the record.", func(e ev) string { return e.LogSource.Provider }),
}

// targetColumns describe the other process of a call.
var targetColumns = []column[ev]{
	known("target_pid", "Process id of the target.", func(e ev) (int64, bool) { return target(e).PID, e.Target != nil }),
	text("target_process_key", "process_key of the target.", func(e ev) string { return target(e).Key }),
	text("target_path", "Executable path of the target process, or the file acted on.", targetPath),
	text("target_name", "Last part of target_path, in lower case on Windows.", func(e ev) string { return event.LastPart(targetPath(e)) }),
	text("target_cmdline", "Command line of the target.", func(e ev) string { return target(e).Cmdline }),
	known("target_uid", "User id of the target.", func(e ev) (int64, bool) { return id(target(e).UID) }),
	text("target_user", "Name of target_uid.", func(e ev) string { return target(e).User }),
	text("target_parent_process_key", "process_key of the process that created the target.",
		func(e ev) string { return target(e).ParentKey() }),
	text("target_container_id", "Container of the target.", func(e ev) string { return target(e).ContainerID }),
}

// systemFolders are where packages install programs and only administrators write.
var systemFolders = []string{
	"/usr/", "/bin/", "/sbin/", "/lib", "/opt/", "/snap/", "/nix/", "/gnu/", "/System/", "/Library/", "/Applications/",
	`C:\Windows\`, `C:\Program Files`,
}

// openFolders lie in those and anybody may write to them.
var openFolders = []string{
	`C:\Windows\Temp\`, `C:\Windows\Tasks\`, `C:\Windows\tracing\`, `C:\Windows\debug\WIA\`, `C:\Windows\System32\spool\drivers\color\`,
	`C:\Windows\System32\Tasks\`,
}

func inSystemFolder(path string) bool {
	if strings.HasPrefix(path, "/usr/") {
		return true
	}
	in := func(f string) bool { return len(path) >= len(f) && strings.EqualFold(path[:len(f)], f) }
	return slices.ContainsFunc(systemFolders, in) && !slices.ContainsFunc(openFolders, in)
}

// ofSystem tells whether a process runs what packages installed: nobody else's file, and the one that lies there.
func ofSystem(p *event.Process) bool { return inSystemFolder(p.Path) && p.ExeUID <= 0 && !p.Elsewhere }

func targetPath(e ev) string {
	if e.Target != nil {
		return e.Target.Path
	}
	return e.Path
}

// noProcess is one of which nothing is known.
var noProcess = (&event.Event{}).Caller()

func target(e ev) *event.Process {
	if e.Target == nil {
		return noProcess
	}
	return e.Target
}

// login gives who logged in: the caller's, or, of a change of auditing, which may name no process, its own.
func login(e ev) *event.Process {
	if d, ok := e.Detail.(*event.AuditChange); ok && e.Process == nil {
		return &event.Process{AUID: d.AUID, Session: d.Session}
	}
	return e.Caller()
}

func id(n int64) (int64, bool) { return n, n >= 0 }

// detailOf gives an event's detail, or an empty one where it is of another kind.
func detailOf[D any](e ev) *D {
	if d, ok := any(e.Detail).(*D); ok {
		return d
	}
	return new(D)
}

// logonID gives a logon session as Windows writes it, "" for none.
func logonID(n uint64) string {
	if n == 0 {
		return ""
	}
	return names.Hex(n)
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
