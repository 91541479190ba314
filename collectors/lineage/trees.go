package lineage

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// everybodysParents start the programs of all: what one of them starts is a tree of its own, or its logon session's.
var everybodysParents = []string{"smss.exe", "csrss.exe", "wininit.exe", "winlogon.exe", "services.exe"}

// lastOwnLogon is the last of the logon sessions that Windows makes for its own accounts: they are many services' together.
const lastOwnLogon = 0x3e7

// treeOf gives the tree of a process that a log tells of: its creator's, or that of the logon session that it begins or of which no more
// is known, or its own. Of somebody who is no process it is the session's; 0 where nobody is known.
func (t *logged) treeOf(host string, p *event.Process, depth int) uint32 {
	k := hostKey{host, p.Key}
	if id := t.trees[k]; id != 0 {
		return id
	}
	session, creator := sessionOf(p.Windows), p.Creator
	var id uint32
	switch {
	case p.Key == "" && session == 0:
		return 0
	case p.Key == "":
		return treeNamed(host, "session", strconv.FormatUint(session, 16))
	case session != 0 && (creator == nil || isEverybodys(creator) || sessionOf(creator.Windows) != session && sessionTold(creator.Windows)):
		id = treeNamed(host, "session", strconv.FormatUint(session, 16))
	case creator == nil, creator.Key == "", creator.Key == p.Key, isEverybodys(creator), depth > event.MaxAncestors:
		id = treeNamed(host, "process", p.Key)
	default:
		if parent := t.procs[hostKey{host, creator.Key}]; parent != nil {
			id = t.treeOf(host, parent, depth+1)
		} else { // forgotten: its children stay together
			id = treeNamed(host, "process", creator.Key)
		}
	}
	if t.trees == nil {
		t.trees = make(map[hostKey]uint32)
	}
	if t.procs[k] != nil { // and so it is forgotten with it
		t.trees[k] = id
	}
	return id
}

// sessionOf gives a logon session that is somebody's, 0 if it is unknown or Windows's own.
func sessionOf(w *event.WindowsProcess) uint64 {
	if w == nil || w.LogonID <= lastOwnLogon {
		return 0
	}
	return w.LogonID
}

func sessionTold(w *event.WindowsProcess) bool { return w != nil && w.LogonID != 0 }

// isEverybodys tells whether a process is one of [everybodysParents], by its place and as far as told by its user: a name alone is
// anybody's.
func isEverybodys(c *event.Creator) bool {
	if w := c.Windows; w != nil && (w.UserSID != "" && w.UserSID != "S-1-5-18" || w.LogonID != 0 && w.LogonID != lastOwnLogon) {
		return false
	}
	place, ok := strings.CutSuffix(strings.ToLower(c.Path), `\system32\`+event.LastPart(c.Path))
	if !ok || !slices.Contains(everybodysParents, event.LastPart(c.Path)) {
		return false
	}
	root, ok := strings.CutSuffix(place, `\windows`)
	return place == `\systemroot` || ok && (len(root) == 2 && root[1] == ':' || strings.HasPrefix(root, `\device\`) &&
		strings.Count(root, `\`) == 2)
}

// treeNamed gives a tree its number.
func treeNamed(parts ...string) uint32 {
	h := fnv.New32a()
	for _, part := range parts {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	return max(1, h.Sum32())
}

// bound keeps the table from growing without end: the oldest of the largest trees go, the dead before the living.
func (t *logged) bound() {
	if len(t.order) <= maxLogged {
		return
	}
	sizes := make(map[uint32]int)
	for i := range t.order {
		sizes[t.trees[t.order[i].hostKey()]]++
	}
	type candidate struct {
		at, size int
		living   bool
	}
	all := make([]candidate, len(t.order))
	for i := range t.order {
		o := &t.order[i]
		all[i] = candidate{i, sizes[t.trees[o.hostKey()]], t.pids[o.hostPID] == o.key}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		switch {
		case a.living != b.living && a.living:
			return 1
		case a.living != b.living:
			return -1
		}
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.at, b.at))
	})
	gone := make([]bool, len(t.order))
	for _, c := range all[:maxLogged/4] {
		gone[c.at] = true
		o := &t.order[c.at]
		delete(t.procs, o.hostKey())
		delete(t.trees, o.hostKey())
		if t.pids[o.hostPID] == o.key {
			delete(t.pids, o.hostPID)
		}
	}
	kept := make([]known, 0, maxLogged+1)
	for i, o := range t.order {
		if !gone[i] {
			kept = append(kept, o)
		}
	}
	t.order = kept
}
